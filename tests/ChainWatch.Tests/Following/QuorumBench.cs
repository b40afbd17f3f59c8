using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>A quorum of two beside a chain that one endpoint serves, at virtual time; the others answer as a test says.</summary>
internal sealed class QuorumBench : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly DeterministicScheduler _scheduler;
    private readonly ChainWatchMetrics _metrics = new();
    private readonly LogRecorder _log = new();
    private readonly CancellationTokenSource _stop = new();

    public QuorumBench(params IReadOnlyList<string> others)
    {
        _scheduler = new DeterministicScheduler(_time);
        Chain = new SimulatedChain(timeProvider: _time);
        Chain.MineEmpty(3);
        Reader = new AnsweringReader(Chain, others);
        Registration = new ChainRegistration
        {
            Chain = Chain.Chain,
            Status = new ChainStatus(Chain.Chain, _time),
            Options = new ChainOptions { Quorum = 2, PollInterval = TimeSpan.FromSeconds(1) },
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(1)),
            CreateSource = static () => throw new NotSupportedException(),
            Reader = Reader,
        };
        Registration.Status.ReadEndpointsFrom(() => [.. others.Prepend("first").Select(static (name, index) => new EndpointStanding { Name = name, Up = true, Rank = index + 1 })]);
        Quorum = Quorum.Create(Registration, _metrics, _time, _log.CreateLogger("quorum")).ShouldNotBeNull();
        _scheduler.Start(() => Quorum.RunAsync(_stop.Token));
    }

    public SimulatedChain Chain { get; }

    public AnsweringReader Reader { get; }

    public ChainRegistration Registration { get; }

    public Quorum Quorum { get; }

    /// <summary>Mines and commits a block every twelve seconds.</summary>
    public void Mine(int blocks)
    {
        for (int block = 0; block < blocks; block++)
        {
            Chain.MineEmpty(1);
            Quorum.Committed(Chain.Head.Point, "first");
            _scheduler.Advance(TimeSpan.FromSeconds(12));
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _scheduler.RunUntilIdle();
        _metrics.Dispose();
        _log.Dispose();
        _stop.Dispose();
    }

    /// <summary>Answers for the header at a height for the endpoint that is asked.</summary>
    internal sealed class AnsweringReader(SimulatedChain chain, IReadOnlyList<string> others) : IBlockReader
    {
        public Func<string, BlockHeader, Answer<BlockHeader>> Answer { get; set; } = static (_, header) => Answer<BlockHeader>.Found(header);

        public ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken) =>
            ValueTask.FromResult(Answer(others.Single(EndpointChoice.Allows), chain.Canonical[(int)height].Header));

        public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
