using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Evm;

/// <summary>
/// Listens to <c>newHeads</c> over a WebSocket, as a wake-up: whoever waits is told that there may be a new block, and which. Nothing is ever credited from it, and a feed
/// that is silent or lies costs nothing but time, because the chain is polled as well.
/// </summary>
/// <remarks>The connection is opened when somebody first waits, and closed when nobody has waited for a while. A silent one is replaced.</remarks>
internal sealed partial class NewHeadsFeed
{
    private const int LargestMessage = 4 * 1024 * 1024;
    private const int MostEarlyPushes = 16;
    private static readonly TimeSpan NobodyWaits = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(1);
    private static readonly byte[] Subscribe = """{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"""u8.ToArray();

    private readonly IReadOnlyList<EndpointClient> _endpoints;
    private readonly TimeSpan _silence;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ChainStatus? _status;
    private readonly RetryBackoff _backoff;
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource<ChainPoint?>> _waiting = [];
    private ChainPoint? _announced;
    private bool _changed;
    private bool _running;
    private long _lastWaited;
    private CancellationTokenSource? _listening;

    /// <param name="endpoints">The endpoints that push, in the order in which they are preferred.</param>
    /// <param name="blockTime">The usual time between two blocks: a feed that is silent for thirty of them is replaced.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Where reconnections are told.</param>
    /// <param name="seed">The seed of the jitter of reconnections.</param>
    /// <param name="status">Where it is recorded whether there are pushes, and what they announce.</param>
    public NewHeadsFeed(IReadOnlyList<EndpointClient> endpoints, TimeSpan blockTime, TimeProvider timeProvider, ILogger logger, int seed = 0, ChainStatus? status = null)
    {
        _endpoints = endpoints;
        _silence = TimeSpan.FromSeconds(Math.Clamp(30 * blockTime.TotalSeconds, 30, 300));
        _time = timeProvider;
        _logger = logger;
        _status = status;
        _backoff = new RetryBackoff(FirstBackoff, LongestBackoff, seed, least: 0.5);
    }

    /// <summary>Completes at the next announcement, or at once when there was one since the last wait.</summary>
    public async ValueTask<ChainPoint?> WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<ChainPoint?> waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool start;
        lock (_lock)
        {
            _lastWaited = _time.GetTimestamp();
            if (_changed)
            {
                _changed = false;
                return _announced;
            }

            _waiting.Add(waiting);
            start = !_running;
            _running = true;
        }

        if (start)
        {
            // It runs beside its waiters and ends by itself; all that can go wrong in it is handled in it.
            _ = ListenAsync();
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken));
        try
        {
            return await waiting.Task;
        }
        finally
        {
            lock (_lock)
            {
                _waiting.Remove(waiting);
                _lastWaited = _time.GetTimestamp();
            }
        }
    }

    /// <summary>Gives up the connection that there is, and opens another, to the next endpoint that pushes. What was missed between the two is read by the poll.</summary>
    public void Restart()
    {
        CancellationTokenSource? listening;
        lock (_lock)
        {
            listening = _listening;
        }

        // What hangs on the token must not run on the thread of who asks.
        ThreadPool.UnsafeQueueUserWorkItem(CancelUnlessOver, listening, preferLocal: false);
    }

    private static void CancelUnlessOver(CancellationTokenSource? source)
    {
        try
        {
            source?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // That connection has ended by itself meanwhile.
        }
    }

    private async Task ListenAsync()
    {
        int failures = 0;
        int turn = 0;
        while (!EndIfNobodyWaits())
        {
            EndpointClient endpoint = _endpoints[turn % _endpoints.Count];
            try
            {
                bool heard = await ListenOnceAsync(endpoint);
                failures = heard ? 0 : failures + 1;
            }
            catch (Exception exception) when (exception is EndpointException or WebSocketException or IOException or JsonException or AnswerFormatException or OperationCanceledException or ObjectDisposedException)
            {
                failures++;
                string reason = exception is EndpointException ? exception.Message : exception.GetType().Name;
                _status?.PushesFailed(exception is EndpointException ? reason : $"endpoint '{endpoint.Name}': {reason}");
                LogFeedLost(endpoint.Chain, endpoint.Name, reason);
            }

            turn++;
            await Task.Delay(_backoff.After(failures), _time);
        }
    }

    /// <summary>Listens on one connection until it ends, falls silent, or nobody waits.</summary>
    /// <returns>True when heads were heard.</returns>
    private async Task<bool> ListenOnceAsync(EndpointClient endpoint)
    {
        bool heard = false;
        Subscription subscription = new();
        using CancellationTokenSource restart = new();
        using WebSocket socket = await endpoint.ConnectWebSocketAsync(CancellationToken.None);
        lock (_lock)
        {
            _listening = restart;
        }

        await socket.SendAsync(Subscribe, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (true)
            {
                using CancellationTokenSource silence = new(_silence, _time);
                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, restart.Token);
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    if (length == buffer.Length)
                    {
                        if (length >= LargestMessage)
                        {
                            throw new IOException();
                        }

                        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                        buffer.AsSpan(0, length).CopyTo(larger);
                        ArrayPool<byte>.Shared.Return(buffer);
                        buffer = larger;
                    }

                    part = await socket.ReceiveAsync(buffer.AsMemory(length), either.Token);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    _status?.PushesFailed($"endpoint '{endpoint.Name}' closed the connection for pushes");
                    return heard;
                }

                bool announced = subscription.Take(buffer.AsSpan(0, length), out ChainPoint? head);
                if (subscription.IsConfirmed)
                {
                    _status?.PushesSubscribed();
                }

                if (announced)
                {
                    heard = true;
                    Announce(head);
                }

                if (NobodyHasWaited())
                {
                    return heard;
                }
            }
        }
        catch (OperationCanceledException) when (restart.IsCancellationRequested)
        {
            Interrupt(endpoint, subscription);
            LogFeedLost(endpoint.Chain, endpoint.Name, "it was to be opened anew");
            return heard;
        }
        catch (OperationCanceledException)
        {
            Interrupt(endpoint, subscription);
            LogFeedSilent(endpoint.Chain, endpoint.Name, _silence.TotalSeconds);
            return heard;
        }
        finally
        {
            lock (_lock)
            {
                _listening = null;
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whoever takes the connection and never confirms the subscription has no pushes, however often it is opened anew.</summary>
    private void Interrupt(EndpointClient endpoint, Subscription subscription)
    {
        if (subscription.IsConfirmed)
        {
            _status?.PushesInterrupted();
        }
        else
        {
            _status?.PushesFailed($"endpoint '{endpoint.Name}' does not confirm the subscription");
        }
    }

    private void Announce(ChainPoint? head)
    {
        TaskCompletionSource<ChainPoint?>[] waiting;
        if (head is { } point)
        {
            _status?.PushAnnounced(point.Height);
        }

        lock (_lock)
        {
            _announced = head;
            waiting = [.. _waiting];
            _waiting.Clear();
            _changed = waiting.Length == 0;
        }

        foreach (TaskCompletionSource<ChainPoint?> one in waiting)
        {
            one.TrySetResult(head);
        }
    }

    private bool NobodyHasWaited()
    {
        lock (_lock)
        {
            return _waiting.Count == 0 && _time.GetElapsedTime(_lastWaited) > NobodyWaits;
        }
    }

    private bool EndIfNobodyWaits()
    {
        lock (_lock)
        {
            bool end = _waiting.Count == 0 && _time.GetElapsedTime(_lastWaited) > NobodyWaits;
            _running = !end;
            if (end)
            {
                _status?.PushesEnded();
            }

            return end;
        }
    }

    [LoggerMessage(2101, LogLevel.Information, "Chain {Chain}, endpoint {Endpoint}: the feed of new heads ended ({Reason}); polling goes on and the feed is opened again", EventName = "HeadsFeedLost")]
    private partial void LogFeedLost(string chain, string endpoint, string reason);

    [LoggerMessage(2102, LogLevel.Information, "Chain {Chain}, endpoint {Endpoint}: the feed of new heads was silent for {Seconds} s; polling goes on and the feed is opened again", EventName = "HeadsFeedSilent")]
    private partial void LogFeedSilent(string chain, string endpoint, double seconds);

    /// <summary>Tells heads of our subscription among a connection's messages. A push may come before the reply that names the subscription, so early ones are kept for a moment.</summary>
    private sealed class Subscription
    {
        private readonly List<(string Id, ChainPoint? Head)> _early = [];
        private string? _id;

        /// <summary>True once the endpoint has named our subscription.</summary>
        public bool IsConfirmed => _id is not null;

        public bool Take(ReadOnlySpan<byte> message, out ChainPoint? head)
        {
            head = null;
            Utf8JsonReader reader = JsonWalk.Open(message);
            JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a message");
            string? result = null;
            string? subscription = null;
            ChainPoint? pushed = null;
            bool isReply = false;
            bool failed = false;
            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("id"u8))
                {
                    reader.Read();
                    isReply = reader.TokenType != JsonTokenType.Null;
                }
                else if (reader.ValueTextEquals("result"u8))
                {
                    reader.Read();
                    result = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    reader.Skip();
                }
                else if (reader.ValueTextEquals("error"u8))
                {
                    failed = true;
                    JsonWalk.SkipValue(ref reader);
                }
                else if (reader.ValueTextEquals("params"u8))
                {
                    ReadPush(ref reader, out subscription, out pushed);
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }

            if (isReply)
            {
                _id = failed ? throw new AnswerFormatException("the endpoint does not push new heads") : result;
                (string Id, ChainPoint? Head) early = _early.FindLast(push => string.Equals(push.Id, _id, StringComparison.Ordinal));
                _early.Clear();
                head = early.Head;
                return early.Id is not null;
            }

            if (subscription is null)
            {
                return false;
            }

            if (_id is null)
            {
                if (_early.Count < MostEarlyPushes)
                {
                    _early.Add((subscription, pushed));
                }

                return false;
            }

            head = pushed;
            return string.Equals(subscription, _id, StringComparison.Ordinal);
        }

        private static void ReadPush(ref Utf8JsonReader reader, out string? subscription, out ChainPoint? head)
        {
            subscription = null;
            head = null;
            reader.Read();
            JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "params");
            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("subscription"u8))
                {
                    reader.Read();
                    subscription = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
                else if (reader.ValueTextEquals("result"u8))
                {
                    reader.Read();
                    if (reader.TokenType != JsonTokenType.StartObject)
                    {
                        reader.Skip();
                        continue;
                    }

                    bool hasHash = false;
                    bool hasNumber = false;
                    Hash256 hash = default;
                    long number = 0;
                    while (JsonWalk.NextProperty(ref reader))
                    {
                        if (reader.ValueTextEquals("hash"u8))
                        {
                            hasHash = JsonWalk.ReadHash(ref reader, "head.hash", out hash);
                        }
                        else if (reader.ValueTextEquals("number"u8))
                        {
                            hasNumber = JsonWalk.ReadNumber(ref reader, "head.number", out number);
                        }
                        else
                        {
                            JsonWalk.SkipValue(ref reader);
                        }
                    }

                    head = hasHash && hasNumber ? new ChainPoint(number, hash) : null;
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }
        }
    }
}
