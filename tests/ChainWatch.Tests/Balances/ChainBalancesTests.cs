using System.Numerics;
using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>Balances that the host asks for: one request for all who ask at once, one for a while, and nothing kept that was not known.</summary>
public sealed class ChainBalancesTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly object _scope = new();
    private readonly ChainWatchMetrics _metrics;
    private readonly MetricRecorder _recorder;
    private readonly SimulatedChain _chain;
    private readonly StubReader _reader;
    private readonly BalanceOptions _options = new();
    private readonly ChainBalances _balances;

    public ChainBalancesTests()
    {
        _metrics = new ChainWatchMetrics(_scope);
        _recorder = new MetricRecorder("ChainWatch", _scope);
        _chain = new SimulatedChain("one", timeProvider: _time);
        _reader = new StubReader(_chain.Head.Point, _time);
        ChainRegistration registration = new()
        {
            Chain = _chain.Chain,
            Status = new ChainStatus(_chain.Chain, _time),
            Options = new ChainOptions(),
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(1)),
            CreateSource = static () => throw new NotSupportedException(),
            StateReader = _reader,
        };
        _balances = new ChainBalances(new ChainRegistry(registration), _options, _metrics, _time);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_asks_within_the_expiry_gets_what_was_read_and_who_asks_after_it_asks_the_chain()
    {
        _reader.Say(5);
        (await ReadAsync(1)).ShouldBe(5);
        _reader.Say(6);
        _time.Advance(TimeSpan.FromSeconds(29));
        (await ReadAsync(1)).ShouldBe(5);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await ReadAsync(1)).ShouldBe(6);
        _reader.Asked.ShouldBe(2);
        _recorder.Sum("chainwatch.balance.reads").ShouldBe(3);
    }

    [Fact]
    public async Task All_who_ask_at_once_share_one_request_and_one_that_goes_away_takes_it_from_nobody()
    {
        using CancellationTokenSource leaving = new();
        Task<Answer<ChainBalance>> first = _balances.ReadAsync("one", Address(1), leaving.Token).AsTask();
        Task<Answer<ChainBalance>> second = _balances.ReadAsync("ONE", Address(1), Token).AsTask();
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);

        _reader.Say(7);
        (await second).Value!.Balances.ShouldHaveSingleItem().Amount.ShouldBe(7);
        _reader.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task What_was_not_known_is_asked_again()
    {
        _reader.Say(null);
        Answer<ChainBalance> unknown = await _balances.ReadAsync("one", Address(1), Token);
        (unknown.Kind, unknown.Reason).ShouldBe((AnswerKind.Unknown, "it lags"));
        _reader.Fail();
        (await _balances.ReadAsync("one", Address(1), Token)).Reason.ShouldBe("The balance could not be read (InvalidOperationException); the log has the details.");
        _reader.Say(8);
        (await ReadAsync(1)).ShouldBe(8);
    }

    [Fact]
    public async Task An_endpoint_that_never_answers_holds_nobody_longer_than_the_timeout()
    {
        Task<Answer<ChainBalance>> asked = _balances.ReadAsync("one", Address(1), Token).AsTask();
        _time.Advance(TimeSpan.FromSeconds(15));
        (await asked).Kind.ShouldBe(AnswerKind.Unknown);
        _reader.Say(9);
        (await ReadAsync(1)).ShouldBe(9);
    }

    [Fact]
    public async Task The_oldest_makes_room_where_there_are_too_many()
    {
        _options.MaxEntries = 2;
        _reader.Say(1);
        for (int address = 1; address <= 3; address++)
        {
            await ReadAsync(address);
        }

        await ReadAsync(3);
        await ReadAsync(2);
        _reader.Asked.ShouldBe(3);
        await ReadAsync(1);
        _reader.Asked.ShouldBe(4);
    }

    [Fact]
    public async Task Payments_come_first_at_the_endpoint()
    {
        _reader.Say(1);
        await ReadAsync(1);
        _reader.Priority.ShouldBe(EndpointPriority.CatchUp);
        EndpointPriorityScope.Current.ShouldBe(EndpointPriority.Tip);
    }

    public void Dispose()
    {
        _recorder.Dispose();
        _metrics.Dispose();
    }

    private static string Address(int number) => SimulatedFormat.Address($"a{number}");

    private async Task<BigInteger> ReadAsync(int address) => (await _balances.ReadAsync("one", Address(address), Token)).Value!.Balances.ShouldHaveSingleItem().Amount;

    private sealed class StubReader(ChainPoint point, TimeProvider time) : IChainStateReader
    {
        private TaskCompletionSource<BigInteger?> _says = new();

        public int MaxAddresses => 1;

        public int Asked { get; private set; }

        public EndpointPriority Priority { get; private set; }

        public void Say(BigInteger? amount)
        {
            if (!_says.TrySetResult(amount))
            {
                _says = new TaskCompletionSource<BigInteger?>();
                _says.SetResult(amount);
            }
        }

        public void Fail()
        {
            _says = new TaskCompletionSource<BigInteger?>();
            _says.SetException(new InvalidOperationException("https://secret.example/key"));
        }

        public async ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
        {
            Asked++;
            Priority = EndpointPriorityScope.Current;
            Task<BigInteger?> says = _says.Task;
            BigInteger? amount = await says.WaitAsync(Timeout.InfiniteTimeSpan, time, cancellationToken);
            return amount is null ? Answer<ChainState>.Unknown("it lags") : Answer<ChainState>.Found(new ChainState
            {
                Point = point,
                Endpoint = "alpha",
                Addresses = [new AddressState { Key = addresses[0], Balances = [new AssetBalance(new Asset { Symbol = "SIM", Decimals = 18 }, amount.Value)] }],
            });
        }
    }
}
