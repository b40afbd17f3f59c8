namespace ChainWatch.Bitcoin.Tests;

public sealed class Sha256LanesTests
{
    [Fact]
    public void Hashing_side_by_side_gives_what_hashing_one_by_one_gives()
    {
        Random random = Runs.Seeded();
        for (int run = 0; run < Runs.Of(50, 5_000); run++)
        {
            byte[][] messages = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => Scripts.Bytes(random, random.Next(0, random.Next(4) == 0 ? 1_000 : 130)))];
            using MessageList list = new(messages.Length, messages.Sum(static message => message.Length));
            foreach (byte[] message in messages)
            {
                message.CopyTo(list.Add(message.Length));
            }

            byte[] hashes = new byte[messages.Length * 32];
            Sha256Lanes.HashAll(list, hashes);

            for (int i = 0; i < messages.Length; i++)
            {
                hashes.AsSpan(i * 32, 32).SequenceEqual(MadeTransaction.Twice(messages[i])).ShouldBeTrue($"message {i} of {messages.Length}, {messages[i].Length} bytes");
            }
        }
    }

    [Fact]
    public void A_merkle_root_is_what_it_is_the_plain_way_for_any_number_of_leaves()
    {
        Random random = Runs.Seeded();
        for (int count = 1; count <= Runs.Of(70, 700); count++)
        {
            byte[][] leaves = [.. Enumerable.Range(0, count).Select(_ => Scripts.Bytes(random, 32))];
            byte[] hashes = new byte[(count + 1) * 32];
            leaves.SelectMany(static leaf => leaf).ToArray().CopyTo(hashes, 0);
            byte[] root = new byte[32];

            MerkleTree.TryCompute(hashes, count, root).ShouldBeTrue();
            root.ShouldBe(MadeBlock.Root(leaves));
        }
    }

    [Fact]
    public void Leaves_that_are_joined_with_their_like_are_noticed()
    {
        Random random = Runs.Seeded();
        byte[][] three = [.. Enumerable.Range(0, 3).Select(_ => Scripts.Bytes(random, 32))];
        byte[][] four = [.. three, three[2]];
        byte[] root = new byte[32];

        MadeBlock.Root(four).ShouldBe(MadeBlock.Root(three));
        MerkleTree.TryCompute([.. four.SelectMany(static leaf => leaf), .. new byte[32]], 4, root).ShouldBeFalse();
        MerkleTree.TryCompute([.. three.SelectMany(static leaf => leaf), .. new byte[32]], 3, root).ShouldBeTrue();
    }
}
