using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>
/// What every <see cref="IBlockReader"/> must do, whatever its protocol. A family's tests inherit it and name the family; the blocks are those of a simulated chain, told in the family's own form.
/// </summary>
public abstract class BlockReaderConformance
{
    private readonly FamilyBench _bench;

    private protected BlockReaderConformance(ScenarioFamily family)
    {
        _bench = new FamilyBench(family);
    }

    private IBlockReader Reader => field ??= _bench.Wire.Read();

    private SimulatedChain Chain => _bench.Chain;

    [Fact]
    public void The_head_is_that_of_the_chain()
    {
        ChainTip tip = Found(() => Reader.ReadTipAsync(CancellationToken.None));

        tip.Head.ShouldBe(Chain.Head.Point);
        if (_bench.Family.IsFinalAtOnce)
        {
            tip.Finalized.ShouldBe(Chain.Head.Point);
        }
    }

    [Fact]
    public void A_block_is_read_by_its_hash_with_its_parent_and_what_it_pays_to_whom_is_watched()
    {
        MinedBlock mined = Chain.At(7)!;

        using Block block = Found(() => Reader.ReadBlockAsync(mined.Hash, _bench.Watched, CancellationToken.None));

        block.Header.Point.ShouldBe(mined.Point);
        block.Header.ParentHash.ShouldBe(mined.Parent!.Hash);
        block.Endpoint.ShouldBe("node-0");
        block.Size.ShouldBeGreaterThan(0);
        TransferTexts.Of(block, _bench.Watched).ShouldBe(FamilyBench.Expect([mined], FamilyBench.Alice));
        TransferTexts.Of(block, AddressSet.Create(_bench.Watched.KeyLength)).ShouldBeEmpty();
    }

    [Fact]
    public void Matching_for_more_addresses_finds_theirs_too_or_says_that_the_block_must_be_read_again()
    {
        MinedBlock mined = Chain.At(7)!;
        AddressSet both = _bench.Watched.Add([FamilyBench.Bob]);
        using Block block = Found(() => Reader.ReadBlockAsync(mined.Hash, _bench.Watched, CancellationToken.None));

        TransferTexts found = [];
        if (!block.Match(both, found))
        {
            using Block again = Found(() => Reader.ReadBlockAsync(mined.Hash, both, CancellationToken.None));
            found.Clear();
            again.Match(both, found).ShouldBeTrue();
        }

        found.ShouldBe(FamilyBench.Expect([mined], FamilyBench.Alice, FamilyBench.Bob), ignoreOrder: true);
    }

    [Fact]
    public void A_header_is_read_by_its_hash_and_by_its_height()
    {
        MinedBlock mined = Chain.At(5)!;

        BlockHeader byHash = Found(() => Reader.ReadHeaderAsync(mined.Hash, CancellationToken.None));
        BlockHeader byHeight = Found(() => Reader.ReadHeaderAtAsync(5, CancellationToken.None));

        byHash.Point.ShouldBe(mined.Point);
        byHash.ParentHash.ShouldBe(mined.Parent!.Hash);
        byHeight.Point.ShouldBe(mined.Point);
    }

    [Fact]
    public void Blocks_of_a_range_follow_each_other_and_are_no_more_than_were_asked_for()
    {
        List<Block> read = [];
        while (read.Count < 9)
        {
            IReadOnlyList<Block> blocks = Found(() => Reader.ReadBlocksAsync(2 + read.Count, 4, _bench.Watched, CancellationToken.None));
            blocks.Count.ShouldBeInRange(1, 4);
            read.AddRange(blocks);
        }

        read.Select(static block => block.Header.Point).ShouldBe(Enumerable.Range(2, read.Count).Select(height => Chain.At(height)!.Point));
        read.SelectMany(block => TransferTexts.Of(block, _bench.Watched)).ShouldBe(FamilyBench.Expect(Enumerable.Range(2, read.Count).Select(height => Chain.At(height)!), FamilyBench.Alice));
        read.ForEach(static block => block.Dispose());
    }

    [Fact]
    public void A_range_ends_at_the_head_and_past_it_there_is_nothing_yet()
    {
        IReadOnlyList<Block> last = Found(() => Reader.ReadBlocksAsync(Chain.Head.Height, 10, _bench.Watched, CancellationToken.None));
        Answer<IReadOnlyList<Block>> past = Ask(() => Reader.ReadBlocksAsync(Chain.Head.Height + 1, 10, _bench.Watched, CancellationToken.None));

        last.ShouldHaveSingleItem().Header.Point.ShouldBe(Chain.Head.Point);
        past.Kind.ShouldBe(AnswerKind.NotYet, past.Reason);
        Ask(() => Reader.ReadHeaderAtAsync(Chain.Head.Height + 1, CancellationToken.None)).Kind.ShouldBe(AnswerKind.NotYet);
    }

    [Fact]
    public void A_block_that_the_endpoints_do_not_have_yet_is_not_found()
    {
        foreach (SimulatedEndpoint endpoint in _bench.Options.Endpoints)
        {
            endpoint.Lag = 3;
        }

        Ask(() => Reader.ReadBlockAsync(Chain.Head.Hash, _bench.Watched, CancellationToken.None)).IsFound.ShouldBeFalse();
        Ask(() => Reader.ReadHeaderAsync(Chain.Head.Hash, CancellationToken.None)).IsFound.ShouldBeFalse();
    }

    [Fact]
    public void The_canonical_block_is_read_by_height_after_a_reorg()
    {
        if (_bench.Family.IsFinalAtOnce)
        {
            Assert.Skip("No branch of this chain ever ends.");
        }

        Found(() => Reader.ReadTipAsync(CancellationToken.None));
        MinedBlock old = Chain.At(10)!;
        _bench.Reorganise(4);

        BlockHeader now = Found(() => Reader.ReadHeaderAtAsync(10, CancellationToken.None));

        now.Point.ShouldBe(Chain.At(10)!.Point);
        now.Point.ShouldNotBe(old.Point);
        Found(() => Reader.ReadTipAsync(CancellationToken.None)).Head.ShouldBe(Chain.Head.Point);
    }

    [Fact]
    public void Another_endpoint_is_asked_where_one_does_not_answer()
    {
        _bench.Options.Endpoints[0].IsDown = true;

        using Block block = Found(() => Reader.ReadBlockAsync(Chain.Head.Hash, _bench.Watched, CancellationToken.None));

        block.Endpoint.ShouldBe("node-1");
    }

    [Fact]
    public void Where_nobody_answers_it_is_unknown_and_says_of_whom()
    {
        foreach (SimulatedEndpoint endpoint in _bench.Options.Endpoints)
        {
            endpoint.IsDown = true;
        }

        Answer<ChainTip> tip = Ask(() => Reader.ReadTipAsync(CancellationToken.None));
        Answer<Block> block = Ask(() => Reader.ReadBlockAsync(Chain.Head.Hash, _bench.Watched, CancellationToken.None));

        tip.Kind.ShouldBe(AnswerKind.Unknown);
        tip.Reason!.ShouldContain("node-");
        block.Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Fact]
    public void Reading_ends_when_it_is_cancelled()
    {
        foreach (SimulatedEndpoint endpoint in _bench.Options.Endpoints)
        {
            endpoint.IsDown = true;
        }

        using CancellationTokenSource cancel = new(TimeSpan.FromSeconds(1), _bench.Time);

        bool ended = _bench.Scheduler.Run(async () =>
        {
            try
            {
                await Reader.ReadBlockAsync(Chain.Head.Hash, _bench.Watched, cancel.Token);
                return false;
            }
            catch (OperationCanceledException)
            {
                return true;
            }
        });

        ended.ShouldBeTrue();
    }

    private T Found<T>(Func<ValueTask<Answer<T>>> ask)
        where T : class
    {
        Answer<T> answer = Ask(ask);
        answer.IsFound.ShouldBeTrue(answer.Reason);
        return answer.Value!;
    }

    private Answer<T> Ask<T>(Func<ValueTask<Answer<T>>> ask)
        where T : class => _bench.Scheduler.Run(async () => await ask());
}
