using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Looks in the store for what operators want done with keys, and does it on this instance, as all others do on theirs.</summary>
internal sealed partial class KeyRequestService : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly ChainRegistry _chains;
    private readonly IWatchStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<KeyRequestService> _logger;

    public KeyRequestService(ChainRegistry chains, IWatchStore store, TimeProvider time, ILogger<KeyRequestService> logger)
    {
        _chains = chains;
        _store = store;
        _time = time;
        _logger = logger;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        _chains.Chains.Any(static chain => chain.Recovery.RotateKey is not null) ? WatchAsync(stoppingToken) : Task.CompletedTask;

    internal async Task WatchAsync(CancellationToken cancellationToken)
    {
        // What was asked for before this instance began is done: it begins with the first of its keys.
        long? last = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                IReadOnlyList<KeyRotationRequest> requests = await _store.ReadKeyRotationsAsync(last ?? 0, cancellationToken);
                foreach (KeyRotationRequest request in requests.Where(_ => last is not null))
                {
                    Rotate(request);
                }

                last = requests.Count > 0 ? requests[^1].Id : last ?? 0;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Before the store is ready, too.
                LogNotRead(exception.GetType().Name);
            }

            await Task.Delay(Interval, _time, cancellationToken);
        }
    }

    private void Rotate(KeyRotationRequest request)
    {
        // An instance of another configuration may not have it.
        bool rotated = _chains.TryGet(request.Chain, out ChainRegistration? chain) && chain.Recovery.RotateKey?.Invoke(request.Endpoint) is true;
        LogRotated(request.Chain, request.Endpoint, rotated);
    }

    [LoggerMessage(2060, LogLevel.Debug, "Requests about keys could not be read, and are looked for again ({Reason})", EventName = "KeyRequestsNotRead")]
    private partial void LogNotRead(string reason);

    [LoggerMessage(2061, LogLevel.Information, "Chain {Chain}, endpoint {Endpoint}: an operator asked for the next key; it is in use: {Rotated}", EventName = "KeyRotationRequested")]
    private partial void LogRotated(string chain, string endpoint, bool rotated);
}
