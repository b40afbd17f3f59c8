namespace ChainWatch.Testing;

public sealed class SimulatedBlockReaderTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedChain _chain = new("test", seed: 5);
    private readonly SimulatedReaderOptions _options = new();
    private readonly AddressSet _nobody = AddressSet.Create(20);
    private readonly DeterministicScheduler _scheduler;
    private readonly SimulatedBlockReader _reader;

    public SimulatedBlockReaderTests()
    {
        _scheduler = new DeterministicScheduler(_time);
        _reader = new SimulatedBlockReader(_chain, _options, _time);
        _chain.MineEmpty(10);
        _chain.ReorgEmpty(3, 3);
        _chain.MarkSafe(6);
        _chain.MarkFinalized(4);
    }

    [Fact]
    public void An_honest_endpoint_tells_the_head_the_marks_and_a_linked_range()
    {
        ChainTip tip = Tip().Value!;
        tip.Head.ShouldBe(_chain.Head.Point);
        tip.Safe.ShouldBe(_chain.At(6)!.Point);
        tip.Finalized.ShouldBe(_chain.At(4)!.Point);

        Answer<IReadOnlyList<Block>> range = Range(2, 100);

        range.Value!.Select(block => block.Header.Point).ShouldBe(_chain.Canonical.Skip(2).Select(block => block.Point));
        _reader.OutstandingBlocks.ShouldBe(9);
        foreach (Block block in range.Value!)
        {
            block.Dispose();
            block.Dispose();
        }

        _reader.OutstandingBlocks.ShouldBe(0);
        Range(11, 1).Kind.ShouldBe(AnswerKind.NotYet);
    }

    [Theory]
    [InlineData(SimulatedFault.TornRange)]
    [InlineData(SimulatedFault.Reordered)]
    [InlineData(SimulatedFault.Duplicated)]
    [InlineData(SimulatedFault.WrongBlock)]
    public void A_spoilt_range_is_not_linked(SimulatedFault fault)
    {
        _options[fault] = 1;

        ChainPoint[] told = [.. Range(6, 4).Value!.Select(block => block.Header.Point)];

        told.ShouldNotBe(_chain.Canonical.Skip(6).Take(4).Select(block => block.Point));
        _reader.Fired(fault).ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(SimulatedFault.Null, AnswerKind.Unknown)]
    [InlineData(SimulatedFault.TooManyRequests, AnswerKind.Unknown)]
    [InlineData(SimulatedFault.Silent, AnswerKind.Unknown)]
    [InlineData(SimulatedFault.NotYet, AnswerKind.NotYet)]
    public void A_refusal_is_no_answer(SimulatedFault fault, AnswerKind kind)
    {
        _options[fault] = 1;

        Tip().Kind.ShouldBe(kind);
        Range(1, 1).Kind.ShouldBe(kind);
        _reader.Fired(fault).ShouldBe(2);
    }

    [Fact]
    public void A_silent_endpoint_keeps_the_request_until_its_timeout()
    {
        DateTimeOffset start = _time.GetUtcNow();
        _options[SimulatedFault.Silent] = 1;

        Tip();

        (_time.GetUtcNow() - start).ShouldBe(_options.Timeout);
    }

    [Fact]
    public void A_slow_answer_tells_what_was_true_when_it_was_asked()
    {
        _options[SimulatedFault.Slow] = 1;
        ChainPoint before = _chain.Head.Point;
        ChainTip? told = null;
        _scheduler.Start(async () => told = (await _reader.ReadTipAsync(CancellationToken.None)).Value);
        _scheduler.RunUntilIdle();

        _chain.Mine();
        _scheduler.Advance(TimeSpan.FromSeconds(5));

        told!.Head.ShouldBe(before);
    }

    [Fact]
    public void An_endpoint_that_lags_does_not_know_what_is_newer()
    {
        _options[SimulatedFault.Lag] = 1;

        Tip().Value!.Head.Height.ShouldBeInRange(7, 9);
        Header(_chain.Head.Hash).Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Fact]
    public void A_flapping_head_jumps_between_two_heights()
    {
        _options[SimulatedFault.FlappingHead] = 1;

        long[] heights = [.. Enumerable.Range(0, 6).Select(_ => Tip().Value!.Head.Height)];

        heights.Distinct().Count().ShouldBe(2);
        heights[0].ShouldBe(heights[2]);
        heights[1].ShouldBe(heights[3]);
    }

    [Fact]
    public void A_stale_endpoint_tells_an_orphaned_branch_that_no_final_block_excludes()
    {
        _options[SimulatedFault.StaleBranch] = 1;

        _chain.Orphans().Select(block => block.Point).ShouldContain(Tip().Value!.Head);
        _chain.MarkFinalized(9);
        Tip().Value!.Head.ShouldBe(_chain.Head.Point);
    }

    [Fact]
    public void Stray_marks_lie_on_another_branch_or_above_the_head()
    {
        _options[SimulatedFault.StrayMarks] = 1;
        MinedBlock attached = _chain.Attach(_chain.At(8)!);
        Tip().Value!.Finalized!.Value.ShouldBe(attached.Point);

        _chain.MarkFinalized(10);
        _options[SimulatedFault.Lag] = 1;

        ChainTip tip = Tip().Value!;
        tip.Finalized!.Value.Height.ShouldBeGreaterThan(tip.Head.Height);
    }

    [Fact]
    public void A_block_read_for_some_addresses_says_so_when_it_is_matched_against_others()
    {
        SimulatedReaderOptions options = new() { FetchesOnlyForWatched = true };
        SimulatedBlockReader reader = new(_chain, options, _time);
        _chain.Mine(_chain.Pay(SimulatedFormat.Address("a"), 1));
        AddressSet a = _nobody.Add([SimulatedFormat.Key("a")]);
        List<Transfer> found = [];

        Block block = _scheduler.Run(() => reader.ReadBlockAsync(_chain.Head.Hash, _nobody, CancellationToken.None).AsTask()).Value!;
        block.Match(a, new Sink(found)).ShouldBeFalse();
        block.Match(_nobody, new Sink(found)).ShouldBeTrue();
        block = _scheduler.Run(() => reader.ReadBlockAsync(_chain.Head.Hash, a, CancellationToken.None).AsTask()).Value!;
        block.Match(a, new Sink(found)).ShouldBeTrue();

        found.ShouldHaveSingleItem().Amount.ShouldBe(1);
    }

    [Fact]
    public void A_block_that_was_given_back_cannot_be_matched()
    {
        Block block = Range(1, 1).Value![0];
        block.Dispose();

        Should.Throw<ObjectDisposedException>(() => block.Match(_nobody, new Sink([])));
    }

    [Fact]
    public void Faults_that_are_switched_off_do_not_occur()
    {
        _options.SetAll(1);
        _options.FaultsEnabled = false;

        Tip().Value!.Head.ShouldBe(_chain.Head.Point);
        Enum.GetValues<SimulatedFault>().Sum(_reader.Fired).ShouldBe(0);
    }

    private Answer<ChainTip> Tip() => _scheduler.Run(() => _reader.ReadTipAsync(CancellationToken.None).AsTask());

    private Answer<BlockHeader> Header(Hash256 hash) => _scheduler.Run(() => _reader.ReadHeaderAsync(hash, CancellationToken.None).AsTask());

    private Answer<IReadOnlyList<Block>> Range(long from, int count) =>
        _scheduler.Run(() => _reader.ReadBlocksAsync(from, count, _nobody, CancellationToken.None).AsTask());

    private sealed class Sink(List<Transfer> found) : ITransferSink
    {
        public void Add(Transfer transfer) => found.Add(transfer);
    }
}
