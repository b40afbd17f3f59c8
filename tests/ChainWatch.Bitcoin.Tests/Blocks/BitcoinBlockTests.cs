namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinBlockTests
{
    private const string Alice = "bcrt1q0h38rqt0g68gj2cnludcrhu5gd9xkcsmxcvmxy";
    private const string Legacy = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";
    private const string Script = "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc";
    private const string Taproot = "bcrt1pe2up98as8fer5mnlecvte9udn350vtzzlt86uz0f9x4nuc9dx83s2xl04t";
    private static readonly string SomeId = new('7', 64);
    private static readonly BitcoinFormat Format = Matching.Regtest;

    [Fact]
    public void Every_form_of_output_is_read_and_its_amount_is_exact()
    {
        MadeTransaction pay = new()
        {
            Inputs = [(SomeId, 0)],
            Outputs =
            [
                new MadeOutput(1, Scripts.PublicKey(new byte[33])),
                MadeOutput.To(Legacy, 2_099_999_997_690_000, Format),
                new MadeOutput(0, Scripts.Data([1, 2, 3])),
                MadeOutput.To(Script, 1, Format),
                new MadeOutput(7, Scripts.Multisig(new byte[33], new byte[33])),
                MadeOutput.To(Alice, 546, Format),
                MadeOutput.To(Taproot, 4_503_599_627_370_497, Format),
                new MadeOutput(9, Scripts.Program(16, [1, 2])),
            ],
            Witness = [[[1, 2, 3]]],
        };
        MadeBlock block = MadeBlock.Of(7, MadeBlock.NoHash, [pay]);

        Matching.Payments(block.Hex, Format, [Legacy, Script, Alice, Taproot]).ShouldBe(
        [
            Matching.Line(pay.Id, 1, "2099999997690000", Legacy), Matching.Line(pay.Id, 3, "1", Script), Matching.Line(pay.Id, 5, "546", Alice), Matching.Line(pay.Id, 6, "4503599627370497", Taproot),
        ]);
    }

    [Fact]
    public void Two_outputs_to_one_address_in_one_transaction_are_two_payments()
    {
        MadeTransaction pay = new() { Inputs = [(SomeId, 0)], Outputs = [MadeOutput.To(Alice, 5, Format), MadeOutput.To(Alice, 5, Format)] };
        MadeBlock block = MadeBlock.Of(7, MadeBlock.NoHash, [pay]);

        Matching.Payments(block.Hex, Format, [Alice]).ShouldBe([Matching.Line(pay.Id, 0, "5", Alice), Matching.Line(pay.Id, 1, "5", Alice)]);
    }

    [Fact]
    public void Paying_to_a_key_is_no_payment_to_the_address_of_its_hash()
    {
        byte[] key = [2, .. Enumerable.Range(0, 32).Select(static i => (byte)i)];
        AddressKey address = OutputScript.OfPublicKeyHash(key.AsSpan(1, 20));
        MadeBlock block = MadeBlock.Of(7, MadeBlock.NoHash, [new MadeTransaction { Inputs = [(SomeId, 0)], Outputs = [new MadeOutput(5, Scripts.PublicKey(key))] }]);

        Matching.Payments(block.Hex, Format, [Format.FormatAddress(address)]).ShouldBeEmpty();
    }

    [Fact]
    public void An_output_of_nothing_is_no_payment()
    {
        MadeBlock block = MadeBlock.Of(7, MadeBlock.NoHash, [new MadeTransaction { Inputs = [(SomeId, 0)], Outputs = [MadeOutput.To(Alice, 0, Format)] }]);

        Matching.Payments(block.Hex, Format, [Alice]).ShouldBeEmpty();
    }

    [Fact]
    public void A_reward_is_mature_after_a_hundred_more_blocks_and_other_payments_at_once()
    {
        MadeTransaction pay = new() { Inputs = [(SomeId, 0)], Outputs = [MadeOutput.To(Alice, 5, Format)] };
        MadeBlock block = MadeBlock.Of(7, MadeBlock.NoHash, [pay], MadeOutput.To(Alice, 50, Format));
        TransferList sink = new();
        using BitcoinBlock read = Matching.Read(block.Hex);
        read.Match(Matching.SetOf(Format, Alice), sink);

        sink.Transfers.Select(static transfer => (transfer.Amount, transfer.MaturityBlocks)).ShouldBe([(50, 100), (5, 0)]);
    }

    [Fact]
    public void What_leaves_an_extension_block_is_a_payment_that_matures_after_six_blocks()
    {
        MadeTransaction last = new() { Inputs = [(SomeId, 3)], Outputs = [new MadeOutput(500, [0x59, 0x20, .. new byte[32]]), MadeOutput.To(Alice, 6, Format)], Extension = true };
        MadeBlock block = MadeBlock.Of(1, MadeBlock.NoHash, [last], behind: [1, 2, 3]);
        TransferList sink = new();
        using BitcoinBlock read = Matching.Read(block.Hex, extensions: true);
        read.Match(Matching.SetOf(Format, Alice), sink);

        sink.Transfers.Select(static transfer => (transfer.TransactionId.ToString(), transfer.Ordinal, transfer.MaturityBlocks)).ShouldBe([(last.Id, 1L, 6)]);
    }

    [Fact]
    public void A_watched_coin_is_seen_to_be_spent_also_in_the_block_that_made_it()
    {
        MadeTransaction pay = new() { Inputs = [(SomeId, 0)], Outputs = [MadeOutput.To(Legacy, 4, Format), MadeOutput.To(Alice, 5, Format)] };
        MadeTransaction spend = new() { Inputs = [(SomeId, 9), (pay.Id, 0), (pay.Id, 1)], Outputs = [new MadeOutput(5, [0x51])], Witness = [[], [[1]], [[2]]] };
        MadeBlock block = MadeBlock.Of(7, MadeBlock.NoHash, [pay, spend]);

        Matching.Payments(block.Hex, Format, [Alice, $"{pay.Id}:1"]).ShouldBe([Matching.Line(pay.Id, 1, "5", Alice), Matching.Line(spend.Id, -3, "0", $"{pay.Id}:1")]);
    }

    [Fact]
    public void Matching_allocates_nothing_for_a_block_that_pays_nobody_watched()
    {
        Random random = new(1);
        MadeBlock block = MadeBlock.Of(7, MadeBlock.NoHash, [.. Enumerable.Range(0, 500).Select(number => new MadeTransaction
        {
            Inputs = [(SomeId, (uint)number)],
            Outputs = [new MadeOutput(5, Scripts.Random(random)), new MadeOutput(6, Scripts.Random(random))],
            Witness = number % 2 == 0 ? [[Scripts.Bytes(random, 64)]] : [],
        })]);
        AddressSet watched = AddressSet.Create(OutputScript.KeyLength).Add(Enumerable.Range(0, 300).Select(_ => OutputScript.OfProgram(0, Scripts.Bytes(random, 20))));
        TransferList sink = new();
        using BitcoinBlock read = Matching.Read(block.Hex);

        Least(() => read.Match(watched, sink)).ShouldBe(0);
        sink.Transfers.ShouldBeEmpty();
    }

    [Fact]
    public void Proving_a_block_allocates_nothing_for_each_transaction()
    {
        MadeBlock small = MadeBlock.Of(7, MadeBlock.NoHash, [.. Enumerable.Range(0, 10).Select(static number => BlockProofTests.Pay(number, [[1]]))]);
        MadeBlock large = MadeBlock.Of(7, MadeBlock.NoHash, [.. Enumerable.Range(0, 1_000).Select(static number => BlockProofTests.Pay(number, [[1]]))]);
        Hash256 smallHash = small.HashValue;
        Hash256 largeHash = large.HashValue;

        long few = Least(() => BlockProof.Verify(small.Bytes, smallHash, extensions: false, witness: true));
        long many = Least(() => BlockProof.Verify(large.Bytes, largeHash, extensions: false, witness: true));
        many.ShouldBe(few);
    }

    [Fact]
    public void A_block_that_was_given_back_cannot_be_matched()
    {
        BitcoinBlock block = Matching.Read(MadeBlock.Of(7, MadeBlock.NoHash, []).Hex);
        block.Dispose();
        block.Dispose();

        Should.Throw<ObjectDisposedException>(() => block.Match(Matching.SetOf(Format, Alice), new TransferList()));
    }

    /// <summary>The least that some runs allocate: the pools of buffers are trimmed now and then, which is not the code's doing.</summary>
    private static long Least(Action action)
    {
        long least = long.MaxValue;
        for (int run = 0; run < 10; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    [Fact]
    public void Spendings_are_found_by_the_outputs_that_the_inputs_name_and_by_nothing_else()
    {
        MadeTransaction pay = new() { Inputs = [(SomeId, 0)], Outputs = [MadeOutput.To(Alice, 5, Format), MadeOutput.To(Alice, 6, Format)], Witness = [[[1]]] };
        MadeTransaction spend = new() { Inputs = [(SomeId, 1), (pay.Id, 1)], Outputs = [MadeOutput.To(Legacy, 5, Format)], Witness = [[[1]], [[2]]] };
        MadeTransaction other = new() { Inputs = [(pay.Id, 0)], Outputs = [MadeOutput.To(Legacy, 5, Format)] };
        using BitcoinBlock block = Matching.Read(MadeBlock.Of(7, MadeBlock.NoHash, [pay, spend, other]).Hex);
        List<OutputSpent> spends = [];

        block.FindSpends(new OutputSet(new OutputId(Hash256.Parse(pay.Id), 1), new OutputId(Hash256.Parse(SomeId), 2), new OutputId(Hash256.Parse(spend.Id), 0)), spends);

        spends.ShouldBe([new OutputSpent(new OutputId(Hash256.Parse(pay.Id), 1), Hash256.Parse(spend.Id), block.Header.Point)]);
    }
}
