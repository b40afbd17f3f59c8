using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// What an instance does while another one leads: it rehearses. Every so often it does once what a leader does first (load the addresses and the cursor, read on from
/// there, match, write), up to the write, which the store refuses for want of a term. So its addresses are loaded, its connections open and its code compiled when its
/// turn comes, and it is known beforehand whether it could lead at all.
/// </summary>
internal sealed class Standby
{
    /// <summary>Short enough for connections that are closed when idle for a minute; long enough to cost next to nothing.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Func<Follower> _createFollower;
    private readonly ChainStatus _status;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="createFollower">Makes a follower that has no term.</param>
    /// <param name="status">The chain's condition.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public Standby(Func<Follower> createFollower, ChainStatus status, TimeProvider time, ILogger logger)
    {
        _createFollower = createFollower;
        _status = status;
        _time = time;
        _logger = logger;
    }

    /// <summary>The addresses as of the last rehearsal; <see langword="null"/> before the first.</summary>
    public AddressSet? Watched { get; private set; }

    /// <summary>Waits until another instance leads, and rehearses from then on until cancelled.</summary>
    public async Task RunAsync(LeadershipCandidate candidate, CancellationToken cancellationToken)
    {
        try
        {
            await candidate.WaitUntilDeniedAsync(_time, cancellationToken);
            _status.StoodBy();
            bool told = false;
            while (true)
            {
                TimeSpan wait = Interval;
                try
                {
                    await RehearseAsync(cancellationToken);
                    candidate.IsReady = true;
                    told = false;
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is not ChainWatchConfigurationException)
                {
                    candidate.IsReady = false;
                    wait = AfterFailure;
                    if (!told)
                    {
                        told = true;
                        LeadershipLog.NotReady(_logger, candidate.Scope, exception);
                    }
                }

                await Task.Delay(wait, _time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Its turn has come, or the host stops.
        }
        catch (ChainWatchConfigurationException exception)
        {
            // What it would fail with as a leader is for the leader to say; until then it is one that is not ready.
            candidate.IsReady = false;
            LeadershipLog.NotReady(_logger, candidate.Scope, exception);
        }
    }

    private async Task RehearseAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = new(Patience, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        Follower follower = _createFollower();
        await follower.RehearseAsync(either.Token);
        Watched = follower.Watched;
    }
}
