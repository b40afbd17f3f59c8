namespace ChainWatch.Bitcoin.Tests;

public sealed class BlockProofTests
{
    private static readonly string SomeId = new('7', 64);

    [Fact]
    public void A_whole_block_proves_itself()
    {
        Verify(Block().Bytes, Block().HashValue);
        Verify(MadeBlock.Of(1, MadeBlock.NoHash, []).Bytes, MadeBlock.Of(1, MadeBlock.NoHash, []).HashValue);
    }

    [Fact]
    public void Another_block_than_was_asked_for_is_refused() =>
        Should.Throw<BlockProofException>(() => Verify(Block().Bytes, MadeBlock.Of(1, MadeBlock.NoHash, []).HashValue)).Check.ShouldBe(AnswerCheck.BlockHash);

    [Fact]
    public void A_raw_block_with_a_changed_transaction_is_refused_by_the_merkle_root()
    {
        MadeBlock block = Block();
        byte[] bytes = [.. block.Bytes];
        int amount = bytes.AsSpan().IndexOf(BitConverter.GetBytes(70_000L));
        bytes[amount]++;

        Should.Throw<BlockProofException>(() => Verify(bytes, block.HashValue)).Check.ShouldBe(AnswerCheck.MerkleRoot);
    }

    [Fact]
    public void A_raw_block_with_a_missing_transaction_is_refused_by_the_merkle_root()
    {
        MadeBlock block = Block();

        Should.Throw<BlockProofException>(() => Verify(block.With([.. block.Transactions.SkipLast(1)]), block.HashValue)).Check.ShouldBe(AnswerCheck.MerkleRoot);
        Should.Throw<BlockProofException>(() => Verify(block.With([block.Transactions[0], .. block.Transactions.Skip(1).Reverse()]), block.HashValue)).Check.ShouldBe(AnswerCheck.MerkleRoot);
    }

    [Fact]
    public void A_raw_block_with_a_repeated_transaction_is_refused_although_its_merkle_root_is_right()
    {
        // CVE-2012-2459: the last of an odd number is joined with itself, so repeating it changes nothing.
        MadeBlock block = MadeBlock.Of(1, MadeBlock.NoHash, [Pay(1), Pay(2)]);

        BlockProofException exception = Should.Throw<BlockProofException>(() => Verify(block.With([.. block.Transactions, block.Transactions[2]]), block.HashValue));
        exception.Check.ShouldBe(AnswerCheck.MerkleRoot);
        exception.Message.ShouldContain("twice");
    }

    [Fact]
    public void A_pair_of_hashes_does_not_pass_for_a_transaction()
    {
        // The two inner hashes of four transactions, served as one transaction of 64 bytes, have the same root. They cannot make coins, so they are no first transaction.
        MadeBlock block = MadeBlock.Of(1, MadeBlock.NoHash, [Pay(1), Pay(2), Pay(3)]);
        byte[][] ids = [.. block.Transactions.Select(MadeTransaction.Twice)];
        byte[] pair = [.. MadeTransaction.Twice([.. ids[0], .. ids[1]]), .. MadeTransaction.Twice([.. ids[2], .. ids[3]])];
        MadeTransaction.Twice(pair).ShouldBe(MadeBlock.Root(ids));

        Should.Throw<BlockFormatException>(() => Verify(block.With([pair]), block.HashValue));
    }

    [Fact]
    public void A_block_whose_first_transaction_makes_no_coins_is_refused()
    {
        MadeTransaction[] pays = [Pay(1), Pay(2)];
        MadeBlock block = MadeBlock.Of(1, MadeBlock.NoHash, [.. pays.Select(static pay => pay.Whole)], [.. pays.Select(static pay => pay.IdBytes)]);

        Should.Throw<BlockFormatException>(() => Verify(block.Bytes, block.HashValue)).Message.ShouldContain("makes no coins");
    }

    [Fact]
    public void A_block_in_which_a_later_transaction_makes_coins_is_refused()
    {
        MadeBlock block = MadeBlock.Of(1, MadeBlock.NoHash, [new MadeTransaction { Outputs = [new MadeOutput(1, [0x51])] }]);

        Should.Throw<BlockFormatException>(() => Verify(block.Bytes, block.HashValue)).Message.ShouldContain("other than the first");
    }

    [Fact]
    public void Changed_witness_data_is_refused_where_it_is_checked()
    {
        MadeTransaction pay = Pay(1, witness: [[1, 2, 3, 4, 5, 6, 7, 8]]);
        MadeBlock block = MadeBlock.Of(1, MadeBlock.NoHash, [pay]);
        byte[] bytes = [.. block.Bytes];
        bytes[bytes.AsSpan().IndexOf<byte>([1, 2, 3, 4, 5, 6, 7, 8])]++;

        Verify(block.Bytes, block.HashValue);
        Should.Throw<BlockProofException>(() => Verify(bytes, block.HashValue)).Check.ShouldBe(AnswerCheck.Witness);
        BlockProof.Verify(bytes, block.HashValue, extensions: false, witness: false);
    }

    [Fact]
    public void Witness_data_that_a_block_does_not_commit_to_is_refused_where_it_is_checked()
    {
        MadeBlock bare = MadeBlock.Of(1, MadeBlock.NoHash, [Pay(1)]);
        byte[] bytes = bare.With([bare.Transactions[0], Pay(1, witness: [[9]]).Whole]);

        Should.Throw<BlockProofException>(() => Verify(bytes, bare.HashValue)).Check.ShouldBe(AnswerCheck.Witness);
    }

    [Fact]
    public void Bytes_behind_the_last_transaction_are_refused()
    {
        MadeBlock block = Block();

        Should.Throw<BlockFormatException>(() => Verify([.. block.Bytes, 0], block.HashValue)).Message.ShouldContain("behind");
        Should.Throw<BlockFormatException>(() => Verify(block.Bytes[..^1], block.HashValue));
    }

    [Fact]
    public void An_extension_is_refused_on_a_network_that_has_none_and_skipped_on_one_that_has()
    {
        MadeTransaction last = new() { Inputs = [(SomeId, 3)], Outputs = [new MadeOutput(5, [0x51])], Extension = true };
        MadeBlock block = MadeBlock.Of(1, MadeBlock.NoHash, [Pay(1), last], behind: [1, 2, 3, 4, 5]);

        Should.Throw<BlockFormatException>(() => Verify(block.Bytes, block.HashValue)).Message.ShouldContain("Litecoin");
        BlockProof.Verify(block.Bytes, block.HashValue, extensions: true, witness: true);

        MadeBlock middle = MadeBlock.Of(1, MadeBlock.NoHash, [last, Pay(1)]);
        Should.Throw<BlockFormatException>(() => BlockProof.Verify(middle.Bytes, middle.HashValue, extensions: true, witness: true)).Message.ShouldContain("not the last");
    }

    internal static MadeTransaction Pay(int number, byte[][]? witness = null) => new()
    {
        Inputs = [(SomeId, (uint)number)],
        Outputs = [new MadeOutput(70_000, [0x51]), new MadeOutput(number, [0x51])],
        Witness = witness is null ? [] : [witness],
    };

    private static MadeBlock Block() => MadeBlock.Of(1, MadeBlock.NoHash, [.. Enumerable.Range(1, 20).Select(static number => Pay(number, number % 3 == 0 ? [[1], [2, 3]] : null))]);

    private static void Verify(byte[] bytes, Hash256 hash) => BlockProof.Verify(bytes, hash, extensions: false, witness: true);
}
