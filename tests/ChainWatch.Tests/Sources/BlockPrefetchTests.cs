using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>How many blocks are asked for at once follows from how long answers take, and from what endpoints give.</summary>
public sealed class BlockPrefetchTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<int> _asked = [];

    [Fact]
    public async Task Quick_answers_let_more_be_asked_for_at_once_up_to_the_bound()
    {
        await TakeAsync(new PolledSourceOptions { BatchSize = 100, Parallelism = 1 }, requests: 5, Answer(TimeSpan.FromMilliseconds(20)));
        _asked.ShouldBe([32, 64, 100, 100, 100]);
    }

    [Fact]
    public async Task Slow_answers_make_requests_smaller()
    {
        await TakeAsync(new PolledSourceOptions { BatchSize = 1000, Parallelism = 1 }, requests: 6, count => Found(count, TimeSpan.FromMilliseconds(50 * count)));
        _asked.ShouldBe([32, 32, 32, 32, 32, 32], "1.6 s is neither quick nor slow");
        _asked.Clear();
        await TakeAsync(new PolledSourceOptions { BatchSize = 1000, Parallelism = 1 }, requests: 5, count => Found(count, TimeSpan.FromMilliseconds(200 * count)));
        _asked.ShouldBe([32, 16, 8, 8, 8], "6.4 s and 3.2 s are slow, 1.6 s is not");
    }

    [Fact]
    public async Task What_is_not_answered_at_all_is_asked_for_in_smaller_parts_and_the_way_back_up_is_short()
    {
        int failures = 3;
        await TakeAsync(
            new PolledSourceOptions { BatchSize = 64, Parallelism = 1 },
            requests: 7,
            count => failures-- > 0 ? Answer<IReadOnlyList<Block>>.Unknown("no answer within 30 s") : Found(count, TimeSpan.Zero));
        _asked.ShouldBe([32, 16, 8, 4, 8, 16, 32]);
    }

    [Fact]
    public async Task An_empty_answer_is_none()
    {
        bool empty = true;
        List<Answer<IReadOnlyList<Block>>> taken = await TakeAsync(
            new PolledSourceOptions { BatchSize = 64, Parallelism = 1 },
            requests: 2,
            count => !(empty = !empty) ? Answer<IReadOnlyList<Block>>.Found([]) : Found(count, TimeSpan.Zero));
        taken[0].Kind.ShouldBe(AnswerKind.Unknown);
        taken[0].Reason!.ShouldContain("from height 0 on");
        taken[1].IsFound.ShouldBeTrue();
        _asked.ShouldBe([32, 16]);
    }

    [Fact]
    public async Task Waiting_for_the_head_says_nothing_about_the_size()
    {
        bool found = false;
        await TakeAsync(
            new PolledSourceOptions { BatchSize = 64, Parallelism = 1 },
            requests: 2,
            count => (found = !found) ? Answer<IReadOnlyList<Block>>.NotYet("past the head") : Found(count, TimeSpan.FromSeconds(1.5)));
        _asked.ShouldBe([32, 32]);
    }

    [Fact]
    public async Task An_endpoint_that_gives_fewer_is_asked_for_as_many_as_it_gives()
    {
        await TakeAsync(new PolledSourceOptions { BatchSize = 100, Parallelism = 1 }, requests: 4, count => Found(Math.Min(count, 10), TimeSpan.Zero));
        _asked.ShouldBe([32, 10, 20, 10]);
    }

    [Fact]
    public async Task No_more_blocks_are_held_than_the_bound_on_their_bytes_allows()
    {
        await using BlockPrefetch prefetch = Create(new PolledSourceOptions { BatchSize = 32, Parallelism = 8, PrefetchBytes = 20 * FlatBlock.Bytes }, Answer(TimeSpan.Zero));
        prefetch.TopUp(0, 0);
        Dispose(await prefetch.TakeAsync(CancellationToken.None));
        prefetch.TopUp(1, 1_000);
        _asked.ShouldBe([1, 20], "how large a block is was known after the first");
        while (!prefetch.IsEmpty)
        {
            Dispose(await prefetch.TakeAsync(CancellationToken.None));
        }
    }

    private Func<int, Answer<IReadOnlyList<Block>>> Answer(TimeSpan duration) => count => Found(count, duration);

    private Answer<IReadOnlyList<Block>> Found(int count, TimeSpan duration)
    {
        _time.Advance(duration);
        return Answer<IReadOnlyList<Block>>.Found([.. Enumerable.Range(0, count).Select(static _ => new FlatBlock())]);
    }

    private BlockPrefetch Create(PolledSourceOptions options, Func<int, Answer<IReadOnlyList<Block>>> answer) =>
        new(new Reader(_asked, answer), options, static () => AddressSet.Create(20), _time);

    private async Task<List<Answer<IReadOnlyList<Block>>>> TakeAsync(PolledSourceOptions options, int requests, Func<int, Answer<IReadOnlyList<Block>>> answer)
    {
        List<Answer<IReadOnlyList<Block>>> taken = [];
        await using BlockPrefetch prefetch = Create(options, answer);
        for (int request = 0; request < requests; request++)
        {
            prefetch.TopUp(0, 1_000_000);
            taken.Add(await prefetch.TakeAsync(CancellationToken.None));
            Dispose(taken[^1]);
            prefetch.Drop();
        }

        return taken;
    }

    private static void Dispose(Answer<IReadOnlyList<Block>> answer)
    {
        foreach (Block block in answer.Value ?? [])
        {
            block.Dispose();
        }
    }

    private sealed class FlatBlock : Block
    {
        public const int Bytes = 1_000;

        public override BlockHeader Header => throw new NotSupportedException();

        public override string Endpoint => "endpoint-1";

        public override int Size => Bytes;

        public override bool Match(AddressSet addresses, ITransferSink sink) => true;
    }

    private sealed class Reader(List<int> asked, Func<int, Answer<IReadOnlyList<Block>>> answer) : IBlockReader
    {
        public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
        {
            asked.Add(count);
            return ValueTask.FromResult(answer(count));
        }
    }
}
