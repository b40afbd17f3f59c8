using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>A pool of some nodes, on one thread and at virtual time.</summary>
internal sealed class PoolBench : IEndpointObserver
{
    public PoolBench(int count)
    {
        Scheduler = new DeterministicScheduler(Time);
        Nodes = [.. Enumerable.Range(0, count).Select(index => new PoolNode($"node-{index + 1}", Time, Logs.CreateLogger("test"), this))];
        Pool = new EndpointPool<PoolNode>(Nodes, Time, Logs.CreateLogger("test"));
    }

    public ManualTimeProvider Time { get; } = new();

    public DeterministicScheduler Scheduler { get; }

    public LogRecorder Logs { get; } = new();

    public PoolNode[] Nodes { get; }

    public EndpointPool<PoolNode> Pool { get; }

    public List<string> Demoted { get; } = [];

    public List<string> Refused { get; } = [];

    public IReadOnlyList<EndpointStanding> Standings => Pool.ReadStandings();

    public string First => Standings[0].Name;

    public EndpointStanding Standing(int node) => Standings.Single(standing => string.Equals(standing.Name, $"node-{node}", StringComparison.Ordinal));

    public Answer<ChainTip> Look() => Scheduler.Run(async () => await Pool.ReadTipAsync(static (node, cancellation) => node.ReadTipAsync(cancellation), CancellationToken.None));

    public Answer<BlockHeader> Read(long height) =>
        Scheduler.Run(async () => await Pool.RunAsync((node, cancellation) => node.ReadHeaderAsync(height, cancellation), CancellationToken.None));

    /// <summary>Looks once a second for a while, as a source does, with what happens before each look.</summary>
    public List<long?> Follow(int seconds, Action<int>? each = null)
    {
        List<long?> heads = [];
        for (int second = 0; second < seconds; second++)
        {
            each?.Invoke(second);
            heads.Add(Look().Value?.Head.Height);
            Scheduler.Advance(TimeSpan.FromSeconds(1));
        }

        return heads;
    }

    public void Mine(int blocks = 1, params IEnumerable<int> except)
    {
        for (int index = 0; index < Nodes.Length; index++)
        {
            Nodes[index].Head += except.Contains(index + 1) ? 0 : blocks;
        }
    }

    public static EndpointError Down(string message = "it is down") => new() { Kind = EndpointErrorKind.Transient, Message = message };

    public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration)
    {
    }

    public void AnswerRefused(string chain, string endpoint, string check) => Refused.Add($"{endpoint} {check}");

    public void EndpointDemoted(string chain, string endpoint, string reasonKind) => Demoted.Add($"{endpoint} {reasonKind}");
}
