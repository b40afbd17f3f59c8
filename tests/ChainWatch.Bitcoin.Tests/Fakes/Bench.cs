using ChainWatch.Testing;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>A reader of a made-up chain through fake nodes, on one thread and at virtual time.</summary>
internal sealed class Bench
{
    public const string Alice = "bcrt1q0h38rqt0g68gj2cnludcrhu5gd9xkcsmxcvmxy";

    public Bench(FakeChain chain, params FakeNode[] nodes)
    {
        Chain = chain;
        Nodes = nodes.Length > 0 ? nodes : [new FakeNode(chain)];
        Scheduler = new DeterministicScheduler(Time);
    }

    public FakeChain Chain { get; }

    public IReadOnlyList<FakeNode> Nodes { get; }

    public FakeNode Node => Nodes[0];

    public ManualTimeProvider Time { get; } = new();

    public DeterministicScheduler Scheduler { get; }

    public LogRecorder Logs { get; } = new();

    public ObservedEndpoints Observed { get; } = new();

    public BitcoinNetwork? Network { get; init; }

    public Action<EndpointOptions>? Configure { get; init; }

    public EndpointPool<BitcoinEndpoint> Pool => field ??= CreatePool();

    public BitcoinBlockReader Reader => field ??= new BitcoinBlockReader(Pool, Network ?? Chain.Network, Matching.Coin, verifyWitness: true, waitForChange: null);

    public BitcoinFormat Format => Matching.Regtest;

    public T Run<T>(Func<ValueTask<T>> work) => Scheduler.Run(async () => await work());

    public Answer<ChainTip> ReadTip() => Run(() => Reader.ReadTipAsync(CancellationToken.None));

    public Answer<Block> ReadBlock(string hash) => Run(() => Reader.ReadBlockAsync(Hash256.Parse(hash), Watched, CancellationToken.None));

    public Answer<BlockHeader> ReadHeader(string hash) => Run(() => Reader.ReadHeaderAsync(Hash256.Parse(hash), CancellationToken.None));

    public Answer<IReadOnlyList<Block>> ReadBlocks(long from, int count) => Run(() => Reader.ReadBlocksAsync(from, count, Watched, CancellationToken.None));

    public AddressSet Watched => Matching.SetOf(Format, Alice);

    public static MadeTransaction PayAlice(int number, long amount = 5) =>
        new() { Inputs = [(new string('7', 64), (uint)number)], Outputs = [MadeOutput.To(Alice, amount, Matching.Regtest)], Witness = [[[1]]] };

    private EndpointPool<BitcoinEndpoint> CreatePool()
    {
        ILogger logger = Logs.CreateLogger("test");
        List<BitcoinEndpoint> endpoints = [];
        foreach (FakeNode node in Nodes)
        {
            EndpointOptions options = new() { Url = "http://node.example.org:18443" };
            Configure?.Invoke(options);
            EndpointClient client = new("bitcoin", $"endpoint-{endpoints.Count + 1}", options, Time, logger, Observed, new EndpointTransport { Handler = node }, seed: 7);
            endpoints.Add(new BitcoinEndpoint(new JsonRpcClient(client, BitcoinErrors.Classify), Network ?? Chain.Network));
        }

        return new EndpointPool<BitcoinEndpoint>(endpoints, Time, logger);
    }
}
