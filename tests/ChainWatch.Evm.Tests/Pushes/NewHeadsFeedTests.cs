using System.Net.WebSockets;
using ChainWatch.Testing;

namespace ChainWatch.Evm.Tests;

public sealed class NewHeadsFeedTests : IDisposable
{
    private static readonly string HashA = "0x" + new string('a', 64);
    private static readonly string HashB = "0x" + new string('b', 64);
    private readonly ManualTimeProvider _time = new();
    private readonly DeterministicScheduler _scheduler;
    private readonly LogRecorder _logs = new();
    private readonly List<FakeSocket> _sockets = [];
    private readonly ChainStatus _status;
    private readonly NewHeadsFeed _feed;
    private bool _refuseConnections;

    public NewHeadsFeedTests()
    {
        _scheduler = new DeterministicScheduler(_time);
        EndpointOptions options = new() { Url = "https://rpc.example.org/", WebSocketUrl = "wss://rpc.example.org/{key}" };
        options.ApiKeys.Add("a-key-of-ours");
        EndpointTransport transport = new()
        {
            Handler = new FakeNode(new FakeChain()),
            ConnectWebSocket = (url, _, _) =>
            {
                url.ToString().ShouldBe("wss://rpc.example.org/a-key-of-ours");
                if (_refuseConnections)
                {
                    return Task.FromException<WebSocket>(new WebSocketException(WebSocketError.NotAWebSocket, "could not connect to wss://rpc.example.org/a-key-of-ours"));
                }

                _sockets.Add(new FakeSocket());
                return Task.FromResult<WebSocket>(_sockets[^1]);
            },
        };
        EndpointClient client = new("ethereum", "alpha", options, _time, _logs.CreateLogger("test"), observer: null, transport);
        _status = new ChainStatus(new SimulatedChain("ethereum").Chain, _time);
        _status.Led(leading: true, term: 1);
        _feed = new NewHeadsFeed([client], TimeSpan.FromSeconds(2), _time, _logs.CreateLogger("test"), status: _status);
    }

    private FakeSocket Socket => _sockets[^1];

    public void Dispose() => _logs.Dispose();

    [Fact]
    public void A_new_head_wakes_with_its_height_and_hash()
    {
        Task<ChainPoint?> wait = Wait();
        Socket.Sent.ShouldHaveSingleItem().ShouldContain("newHeads");
        Reply("0xab");
        Socket.PushHead("0xab", 17, HashA);
        _scheduler.RunUntilIdle();

        wait.IsCompleted.ShouldBeTrue();
        Told(wait).ShouldBe(new ChainPoint(17, Hash256.Parse(HashA)));
    }

    [Fact]
    public void A_push_before_the_reply_that_names_its_subscription_is_not_lost()
    {
        Task<ChainPoint?> wait = Wait();
        Socket.PushHead("0xcd", 16, HashB);
        Socket.PushHead("0xab", 17, HashA);
        _scheduler.RunUntilIdle();
        wait.IsCompleted.ShouldBeFalse();
        Reply("0xab");

        wait.IsCompleted.ShouldBeTrue();
        Told(wait).ShouldBe(new ChainPoint(17, Hash256.Parse(HashA)));
    }

    [Fact]
    public void A_push_of_an_unknown_subscription_wakes_nobody()
    {
        Task<ChainPoint?> wait = Wait();
        Reply("0xab");
        Socket.PushHead("0xcd", 17, HashA);
        _scheduler.RunUntilIdle();

        wait.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void A_head_that_came_while_nobody_waited_wakes_the_next_one_who_waits()
    {
        Task<ChainPoint?> first = Wait();
        Reply("0xab");
        Socket.PushHead("0xab", 17, HashA);
        _scheduler.RunUntilIdle();
        first.IsCompleted.ShouldBeTrue();
        Socket.PushHead("0xab", 18, HashB);
        _scheduler.RunUntilIdle();

        Told(Wait()).ShouldBe(new ChainPoint(18, Hash256.Parse(HashB)));
        Wait().IsCompleted.ShouldBeFalse("it was told once");
    }

    [Fact]
    public void A_message_in_many_pieces_is_put_together()
    {
        Task<ChainPoint?> wait = Wait();
        Socket.Piece = 7;
        Reply("0xab");
        Socket.PushHead("0xab", 17, HashA);
        _scheduler.RunUntilIdle();

        wait.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void A_connection_that_ends_is_opened_again_and_subscribed_again()
    {
        Task<ChainPoint?> wait = Wait();
        Reply("0xab");
        Socket.CloseByServer();
        _scheduler.Advance(TimeSpan.FromSeconds(5));

        _sockets.Count.ShouldBe(2);
        _sockets[0].Disposed.ShouldBeTrue();
        Socket.Sent.ShouldHaveSingleItem();
        Reply("0xef");
        Socket.PushHead("0xef", 17, HashA);
        _scheduler.RunUntilIdle();
        wait.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void A_connection_that_stays_open_but_silent_is_replaced()
    {
        Task<ChainPoint?> wait = Wait();
        Reply("0xab");
        _scheduler.Advance(TimeSpan.FromSeconds(55));
        _sockets.Count.ShouldBe(1);
        _scheduler.Advance(TimeSpan.FromSeconds(10));

        _sockets.Count.ShouldBe(2);
        _logs.Of("HeadsFeedSilent").ShouldHaveSingleItem();
        wait.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void A_block_that_comes_while_a_silent_connection_is_replaced_is_none_that_was_not_announced()
    {
        _ = Wait();
        Reply("0xab");
        Socket.PushHead("0xab", 17, HashA);
        _scheduler.RunUntilIdle();
        _status.SawHead(new ChainPoint(17, Hash256.Parse(HashA)));
        _ = Wait();
        _scheduler.Advance(TimeSpan.FromSeconds(60));
        _logs.Of("HeadsFeedSilent").ShouldHaveSingleItem();
        _sockets.Count.ShouldBe(1);

        _status.SawHead(new ChainPoint(18, Hash256.Parse(HashB)));
        _scheduler.Advance(TimeSpan.FromSeconds(5));
        _sockets.Count.ShouldBe(2);
        Reply("0xcd");
        _scheduler.Advance(TimeSpan.FromSeconds(10));

        _status.TimeSinceLastEvent.ShouldBe(TimeSpan.FromSeconds(15));
        _status.Subscriptions.ShouldBe(2);
    }

    [Fact]
    public void A_connection_that_is_opened_anew_and_never_confirms_its_subscription_has_no_pushes()
    {
        _ = Wait();
        Reply("0xab");
        Socket.PushHead("0xab", 17, HashA);
        _scheduler.RunUntilIdle();
        _ = Wait();
        _scheduler.Advance(TimeSpan.FromSeconds(65));
        _sockets.Count.ShouldBe(2);
        _status.PushesLost.ShouldBeNull();
        _scheduler.Advance(TimeSpan.FromSeconds(65));

        _sockets.Count.ShouldBeGreaterThan(1);
        _status.PushesLost.ShouldBe("endpoint 'alpha' does not confirm the subscription");
        _status.Subscriptions.ShouldBe(1);
    }

    [Fact]
    public void A_refused_connection_is_tried_again_ever_less_often_and_told_without_its_URL()
    {
        _refuseConnections = true;
        Task<ChainPoint?> wait = Wait();
        _scheduler.Advance(TimeSpan.FromMinutes(10));

        _logs.Of("HeadsFeedLost").Count.ShouldBeInRange(8, 30);
        _logs.Entries.ShouldAllBe(entry => !entry.Message.Contains("rpc.example.org") && !entry.Message.Contains("a-key-of-ours"));
        wait.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void An_endpoint_that_does_not_push_is_harmless()
    {
        Task<ChainPoint?> wait = Wait();
        Socket.Push("""{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"notifications not supported"}}""");
        _scheduler.RunUntilIdle();
        _scheduler.Advance(TimeSpan.FromSeconds(30));

        wait.IsCompleted.ShouldBeFalse();
        _sockets.Count.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{\"method\":\"eth_subscription\",\"params\":{\"subscription\":\"0xab\",\"result\":{\"number\":\"x\",\"hash\":7}}}")]
    [InlineData("{\"method\":\"eth_subscription\",\"params\":17}")]
    public void Rubbish_ends_the_connection_and_nothing_else(string message)
    {
        Task<ChainPoint?> wait = Wait();
        Reply("0xab");
        Socket.Push(message);
        _scheduler.Advance(TimeSpan.FromSeconds(10));

        _sockets.Count.ShouldBe(2);
        wait.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void When_nobody_waits_any_more_the_connection_is_closed()
    {
        using CancellationTokenSource stop = new();
        Task<ChainPoint?> wait = Wait(stop.Token);
        Reply("0xab");
        stop.Cancel();
        _scheduler.RunUntilIdle();
        wait.IsCanceled.ShouldBeTrue();
        for (int i = 0; i < 10; i++)
        {
            _scheduler.Advance(TimeSpan.FromSeconds(20));
        }

        _sockets.ShouldAllBe(socket => socket.Disposed);
        int opened = _sockets.Count;
        _scheduler.Advance(TimeSpan.FromMinutes(10));
        _sockets.Count.ShouldBe(opened);
        Wait().IsCompleted.ShouldBe(false);
        _sockets.Count.ShouldBe(opened + 1, "whoever waits opens it again");
    }

    private Task<ChainPoint?> Wait(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<ChainPoint?> done = new();
        _scheduler.Start(async () =>
        {
            try
            {
                done.SetResult(await _feed.WaitAsync(cancellationToken));
            }
            catch (OperationCanceledException)
            {
                done.SetCanceled(cancellationToken);
            }
        });
        _scheduler.RunUntilIdle();
        return done.Task;
    }

    private static ChainPoint? Told(Task<ChainPoint?> wait) => wait.IsCompletedSuccessfully ? wait.GetAwaiter().GetResult() : null;

    private void Reply(string subscription)
    {
        Socket.Push($$"""{"jsonrpc":"2.0","id":1,"result":"{{subscription}}"}""");
        _scheduler.RunUntilIdle();
    }
}
