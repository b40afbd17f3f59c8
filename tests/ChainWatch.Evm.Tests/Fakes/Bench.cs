using ChainWatch.Testing;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Evm.Tests;

/// <summary>A reader of a made-up chain through fake nodes, on one thread and at virtual time.</summary>
internal sealed class Bench
{
    public const string Usdc = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48";
    public const string Dai = "0x6b175474e89094c44da98b954eedeac495271d0f";

    public static readonly string Alice = FakeChain.Address(101);
    public static readonly string Bob = FakeChain.Address(102);

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

    public bool Native { get; init; } = true;

    public bool Internal { get; init; }

    public bool Withdrawals { get; init; } = true;

    public bool Tokens { get; init; } = true;

    public bool AsksForMarks { get; init; }

    public long? ChainId { get; init; }

    public EvmChecks Skipped { get; init; }

    public IntegrityLevel Level { get; init; } = IntegrityLevel.Intrinsic;

    public bool ObserveOnly { get; init; }

    public EvmCatchUp CatchUp { get; init; }

    public int FinalityDepth { get; init; } = 64;

    public int AnswerBytes { get; init; } = 4 * 1024 * 1024;

    public FinalAnswers? Kept { get; init; }

    public Action<int, EndpointOptions>? Configure { get; init; }

    public AddressSet Watched { get; private set; } = AddressSet.Create(20);

    public EvmBlockReader Reader => field ??= CreateReader();

    public EvmStateReader StateReader => field ??= CreateStateReader();

    /// <summary>Asks the contracts of the watched tokens, or of others.</summary>
    public TokenReader CreateTokenReader(IReadOnlyList<(EvmAddress Contract, Asset Asset)>? tokens = null)
    {
        // The pool is made with the reader of blocks.
        _ = Reader;
        return new TokenReader(Pool, tokens ?? WatchedTokens, Time);
    }

    public IReadOnlyList<EvmEndpoint> Endpoints { get; private set; } = [];

    public EndpointPool<EvmEndpoint> Pool { get; private set; } = null!;

    public EndpointStanding Standing(string name) => Pool.ReadStandings().Single(standing => string.Equals(standing.Name, name, StringComparison.Ordinal));

    public static AddressKey Key(string address) => EvmFormat.Instance.ParseAddress(address);

    public static AddressSet SetOf(params IEnumerable<string> addresses) => AddressSet.Create(20).Add(addresses.Select(Key));

    public Bench Watch(params string[] addresses)
    {
        Watched = Watched.Add(addresses.Select(Key));
        return this;
    }

    public T Run<T>(Func<ValueTask<T>> work) => Scheduler.Run(async () => await work());

    public Answer<ChainTip> ReadTip() => Run(() => Reader.ReadTipAsync(CancellationToken.None));

    public Answer<Block> ReadBlock(string hash) => Run(() => Reader.ReadBlockAsync(Hash256.Parse(hash), Watched, CancellationToken.None));

    public Answer<BlockHeader> ReadHeader(string hash) => Run(() => Reader.ReadHeaderAsync(Hash256.Parse(hash), CancellationToken.None));

    public Answer<IReadOnlyList<Block>> ReadBlocks(long from, int count) => Run(() => Reader.ReadBlocksAsync(from, count, Watched, CancellationToken.None));

    public Answer<ChainState> ReadState(ChainPoint? at, params string[] addresses) =>
        Run(() => StateReader.ReadStateAsync([.. addresses.Select(Key)], at, CancellationToken.None));

    /// <summary>Reads a block by its hash and matches it.</summary>
    public IReadOnlyList<string> PaymentsAtTip(FakeBlock block)
    {
        Answer<Block> answer = ReadBlock(block.Hash);
        answer.IsFound.ShouldBeTrue(answer.Reason);
        using Block read = answer.Value!;
        return Payments(read, Watched);
    }

    /// <summary>Reads blocks by range and matches them.</summary>
    public IReadOnlyList<string> PaymentsInRange(long from, int count)
    {
        Answer<IReadOnlyList<Block>> answer = ReadBlocks(from, count);
        answer.IsFound.ShouldBeTrue(answer.Reason);
        List<string> payments = [];
        foreach (Block block in answer.Value!)
        {
            payments.AddRange(Payments(block, Watched));
            block.Dispose();
        }

        return payments;
    }

    /// <summary>Reads blocks as a back-scan does, for what may be new addresses, and matches them.</summary>
    public IReadOnlyList<string> ScanBack(long from, int count, params string[] addresses)
    {
        AddressSet watched = SetOf(addresses);
        List<string> payments = [];
        for (long next = from; next < from + count;)
        {
            Answer<IReadOnlyList<Block>> answer = Run(async () =>
            {
                using FinalAnswersScope scope = FinalAnswersScope.Begin();
                return await Reader.ReadBlocksAsync(next, (int)Math.Min(200, from + count - next), watched, CancellationToken.None);
            });
            answer.IsFound.ShouldBeTrue(answer.Reason);
            foreach (Block block in answer.Value!)
            {
                block.Header.Point.Height.ShouldBe(next++);
                payments.AddRange(Payments(block, watched));
                block.Dispose();
            }
        }

        return payments;
    }

    public static IReadOnlyList<string> Payments(Block block, AddressSet watched)
    {
        TransferList sink = new();
        block.Match(watched, sink).ShouldBeTrue("the block should know enough");
        return [.. sink.Transfers.Select(transfer => Describe(block, transfer))];
    }

    public static string Describe(Block block, Transfer transfer) =>
        $"{block.Header.Point.Height} {transfer.TransactionId.ToString()[..8]}/{transfer.Ordinal} {transfer.Amount} {transfer.Asset.Symbol} {transfer.From ?? "-"} > 0x{transfer.To}";

    public static string Expect(FakeBlock block, FakeTransaction transaction, long ordinal, long amount, string symbol, string? from, string to) =>
        $"{block.Number} {transaction.Hash[2..10]}/{ordinal} {amount} {symbol} {from ?? "-"} > {to}";

    public IReadOnlyList<Asset> Assets => [.. NativeAsset is { } native ? [native] : Array.Empty<Asset>(), .. WatchedTokens.Select(static token => token.Asset)];

    private Asset? NativeAsset => field ??= Native ? new Asset { Symbol = "ETH", Decimals = 18 } : null;

    private IReadOnlyList<(EvmAddress Contract, Asset Asset)> WatchedTokens => field ??= Tokens
        ? [(Contract(Usdc), new Asset { Symbol = "USDC", Decimals = 6, Id = Usdc }), (Contract(Dai), new Asset { Symbol = "DAI", Decimals = 18, Id = Dai })]
        : [];

    private EvmStateReader CreateStateReader()
    {
        // The pool is made with the reader of blocks.
        _ = Reader;
        return new EvmStateReader(Pool, NativeAsset, WatchedTokens, Time);
    }

    private EvmBlockReader CreateReader()
    {
        EvmIdentity identity = new("ethereum", ChainId, genesis: null);
        ILogger logger = Logs.CreateLogger("test");
        List<EvmEndpoint> endpoints = [];
        foreach (FakeNode node in Nodes)
        {
            EndpointOptions options = new() { Url = "https://rpc.example.org/v1/0123456789abcdef0123456789abcdef" };
            Configure?.Invoke(endpoints.Count, options);
            EndpointClient client = new("ethereum", options.Name ?? $"endpoint-{endpoints.Count + 1}", options, Time, logger, Observed, new EndpointTransport { Handler = node }, seed: 7);
            endpoints.Add(new EvmEndpoint(new JsonRpcClient(client, EvmErrors.Classify) { FinalAnswers = Kept }, identity) { FinalityDepth = FinalityDepth });
        }

        Endpoints = endpoints;
        EvmReaderSettings settings = new()
        {
            Plan = new WatchPlan(NativeAsset, WatchedTokens, Internal, Withdrawals),
            SkippedChecks = CheckLevels.SkippedAt(Level, Skipped),
            ObserveOnly = ObserveOnly,
            CatchUp = CatchUp,
            FinalityDepth = FinalityDepth,
            AnswerBytes = AnswerBytes,
            AsksForMarks = AsksForMarks,
        };
        Pool = new EndpointPool<EvmEndpoint>(endpoints, Time, logger);
        return new EvmBlockReader(Pool, settings, identity, feed: null, Time);
    }

    private static EvmAddress Contract(string address) => new(Key(address).Bytes);
}
