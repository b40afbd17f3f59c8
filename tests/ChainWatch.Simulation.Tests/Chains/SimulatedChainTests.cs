namespace ChainWatch.Testing;

public sealed class SimulatedChainTests
{
    private readonly SimulatedChain _chain = new("test", seed: 5);

    [Fact]
    public void The_same_seed_and_calls_give_the_same_hashes()
    {
        SimulatedChain other = new("test", seed: 5);
        other.MineEmpty(10);
        _chain.MineEmpty(10);

        _chain.Head.Hash.ShouldBe(other.Head.Hash);
        new SimulatedChain("test", seed: 6).Genesis.Hash.ShouldNotBe(_chain.Genesis.Hash);
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(3, 3)]
    [InlineData(3, 1)]
    [InlineData(3, 0)]
    public void A_reorg_may_be_longer_as_long_or_shorter(int depth, int length)
    {
        _chain.MineEmpty(10);
        MinedBlock old = _chain.Head;

        MinedBlock head = _chain.ReorgEmpty(depth, length);

        head.Height.ShouldBe(10 - depth + length);
        _chain.Head.ShouldBe(head);
        _chain.IsCanonical(old).ShouldBeFalse();
        _chain.Orphans().Count.ShouldBe(depth);
        foreach (MinedBlock block in _chain.Canonical.Skip(1))
        {
            block.Header.ParentHash.ShouldBe(_chain.At(block.Height - 1)!.Hash);
        }
    }

    [Fact]
    public void A_chain_can_bounce_between_two_branches()
    {
        _chain.MineEmpty(5);
        MinedBlock a = _chain.Head;
        MinedBlock b = _chain.ReorgEmpty(2, 3);

        _chain.SwitchTo(a);
        _chain.Head.ShouldBe(a);
        _chain.IsCanonical(b).ShouldBeFalse();
        _chain.SwitchTo(b);

        _chain.Head.ShouldBe(b);
        _chain.At(4)!.Parent.ShouldBe(_chain.At(3));
    }

    [Fact]
    public void A_reorg_that_keeps_its_transactions_leaves_every_payment_in_another_block()
    {
        string address = SimulatedFormat.Address("a");
        _chain.Mine(_chain.Pay(address, 5), _chain.Pay(address, 6, _chain.Token));
        MinedBlock before = _chain.Head;

        _chain.ReorgSame(depth: 1);

        var found = _chain.TransfersTo(address);
        found.Select(one => one.Transfer.Amount).ShouldBe([5, 6]);
        found.ShouldAllBe(one => one.Block != before && one.Block.Height == before.Height);
    }

    [Fact]
    public void An_attached_branch_is_not_canonical()
    {
        _chain.MineEmpty(3);

        MinedBlock orphan = _chain.Attach(_chain.At(2)!);

        _chain.Head.Height.ShouldBe(3);
        _chain.Orphans().ShouldBe([orphan]);
        _chain.Find(orphan.Hash).ShouldBe(orphan);
    }

    [Fact]
    public async Task Who_waits_for_a_change_is_woken_by_it()
    {
        Task waiting = _chain.WaitForChangeAsync(_chain.Version, CancellationToken.None);
        waiting.IsCompleted.ShouldBeFalse();

        _chain.Mine();

        await waiting;
        await _chain.WaitForChangeAsync(0, CancellationToken.None);
    }

    [Theory]
    [InlineData("sum0000000000000000000000000000000000000000", "does not begin with 'sim'")]
    [InlineData("sim00", "2 digits")]
    [InlineData("simzz00000000000000000000000000000000000000", "other than hexadecimal")]
    public void A_wrong_address_is_refused_with_its_reason(string text, string reason)
    {
        Should.Throw<AddressFormatException>(() => SimulatedFormat.Instance.ParseAddress(text)).Message.ShouldContain(reason);
    }

    [Fact]
    public void An_address_has_one_recorded_spelling()
    {
        string address = SimulatedFormat.Address("alice");

        SimulatedFormat.Instance.FormatAddress(SimulatedFormat.Instance.ParseAddress(address.ToUpperInvariant())).ShouldBe(address);
        SimulatedFormat.Address("bob").ShouldNotBe(address);
    }
}
