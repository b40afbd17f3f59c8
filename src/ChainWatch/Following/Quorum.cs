using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Asks so many endpoints, each by itself, for the hash of the newest committed block, for one term. Blocks are linked, so who holds the same block holds the same ones below it. Payments above
/// the height that enough endpoints agree on are not confirmed; the cursor does not wait.
/// </summary>
internal sealed class Quorum
{
    /// <summary>After so many rounds about one block the newest is asked about instead where too many hold another: the chain may have gone on without this one.</summary>
    private const int MostRounds = 10;

    /// <summary>In which round a difference is told: two heads at one height are usual for a moment.</summary>
    private const int ToldInRound = 3;

    /// <summary>How many blocks may have come before one that somebody cannot tell anything about is given up, where that is longer than <see cref="ShortestPatience"/>.</summary>
    private const int PatienceInBlocks = 12;

    /// <summary>How long one block is asked about at least that somebody cannot tell anything about: he may be down, or have dropped the block.</summary>
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromMinutes(10);

    private readonly ChainRegistration _registration;
    private readonly IBlockReader _reader;
    private readonly int _wanted;
    private readonly ChainWatchMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _pause;
    private readonly TimeSpan _patience;
    private readonly Signal _moved = new();
    private readonly Lock _lock = new();
    private (ChainPoint Point, string? Endpoint)? _newest;
    private long _height = -1;
    private long _epoch;

    private Quorum(ChainRegistration registration, IBlockReader reader, ChainWatchMetrics metrics, TimeProvider time, ILogger logger)
    {
        _registration = registration;
        _reader = reader;
        _wanted = registration.Options.Quorum;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        TimeSpan blocks = registration.Chain.BlockTime * PatienceInBlocks;
        _patience = blocks > ShortestPatience ? blocks : ShortestPatience;
        _pause = registration.Options.PollInterval ?? TimeSpan.FromMilliseconds(Math.Clamp(registration.Chain.BlockTime.TotalMilliseconds / 4, 100, 5000));
    }

    /// <summary>The height up to which enough endpoints hold the committed blocks; -1 before the first.</summary>
    public long Height => Interlocked.Read(ref _height);

    /// <summary>Makes the quorum of a chain; <see langword="null"/> where it has none.</summary>
    public static Quorum? Create(ChainRegistration registration, ChainWatchMetrics metrics, TimeProvider time, ILogger logger) =>
        registration is { Options.Quorum: > 1, Reader: { } reader } ? new Quorum(registration, reader, metrics, time, logger) : null;

    /// <summary>A block was committed, read through an endpoint that counts as one of those that agree; <see langword="null"/> where that is not known any more.</summary>
    public void Committed(ChainPoint point, string? endpoint)
    {
        lock (_lock)
        {
            _newest = (point, endpoint);
        }

        _moved.Pulse();
    }

    /// <summary>The blocks above a height are replaced: what was agreed on there is void.</summary>
    public void RolledBack(long height)
    {
        lock (_lock)
        {
            _epoch++;
            _newest = null;
            Interlocked.Exchange(ref _height, Math.Min(_height, height));
        }
    }

    /// <summary>What of a chain's marks may confirm payments.</summary>
    /// <param name="marks">The marks.</param>
    /// <param name="before">The marks of the commit before: what is final was agreed on then.</param>
    public ChainMarks Limit(ChainMarks marks, ChainMarks before)
    {
        long agreed = Height;
        long final = Math.Max(Math.Min(marks.Finalized, agreed), Math.Min(marks.Finalized, before.Finalized));
        return new ChainMarks(Math.Min(marks.Head, agreed), Math.Max(final, Math.Min(marks.Safe, agreed)), final);
    }

    /// <summary>Asks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // What a term before this one waited for was its own.
        _registration.Status.QuorumHeld();
        int rounds = 0;
        bool givenUp = false;
        long since = 0;
        (ChainPoint Point, string? Endpoint)? asked = null;
        long epoch = -1;
        while (true)
        {
            long version = _moved.Version;
            lock (_lock)
            {
                if (asked is null || epoch != _epoch || givenUp)
                {
                    (asked, epoch, rounds, since, givenUp) = (_newest, _epoch, 0, _time.GetTimestamp(), false);
                }
            }

            if (asked is not { } one || one.Point.Height <= Height)
            {
                if (asked is not null)
                {
                    // Also after a rollback, which may leave nothing above what was agreed on.
                    _registration.Status.QuorumHeld();
                }

                asked = null;
                await _moved.WaitAsync(version, _pause, _time, cancellationToken);
                continue;
            }

            QuorumRound round = await AskAsync(one.Point, one.Endpoint, cancellationToken);
            if (round.Agree >= _wanted)
            {
                Agreed(one.Point, epoch);
                _registration.Status.QuorumHeld();
                asked = null;
                continue;
            }

            // Whoever is late comes to this block, but never to the newest one. A rollback ends the question by itself.
            rounds++;
            givenUp = (rounds >= MostRounds && round.Differ.Count > 0 && round.Possible < _wanted) || (round.Unknown.Count > 0 && _time.GetElapsedTime(since) >= _patience);
            _registration.Status.QuorumMissed(string.Create(
                CultureInfo.InvariantCulture, $"{round.Agree} of the {_wanted} endpoints that must agree hold block {one.Point.Height} ({round.Describe()})"));
            if (rounds == ToldInRound && round.Differ.Count > 0)
            {
                _metrics.QuorumDisagreed(_registration.Chain.Name);
                FollowLog.QuorumDisagrees(_logger, _registration.Chain.Name, one.Point.Height, round.Agree, _wanted, string.Join(", ", round.Differ));
            }
            else if (rounds == MostRounds)
            {
                FollowLog.QuorumMissing(_logger, _registration.Chain.Name, one.Point.Height, round.Agree, _wanted);
            }

            await Task.Delay(_pause, _time, cancellationToken);
        }
    }

    private void Agreed(ChainPoint point, long epoch)
    {
        lock (_lock)
        {
            // Not where the chain went back meanwhile: another block may be there now.
            if (epoch == _epoch)
            {
                Interlocked.Exchange(ref _height, Math.Max(_height, point.Height));
            }
        }
    }

    private async Task<QuorumRound> AskAsync(ChainPoint point, string? served, CancellationToken cancellationToken)
    {
        QuorumRound round = new() { Agree = served is null ? 0 : 1 };
        foreach (EndpointStanding endpoint in _registration.Status.Endpoints)
        {
            if (round.Agree >= _wanted)
            {
                break;
            }

            if (string.Equals(endpoint.Name, served, StringComparison.Ordinal))
            {
                continue;
            }

            Answer<BlockHeader> answer = await EndpointChoice.AskAsync(
                name => string.Equals(name, endpoint.Name, StringComparison.Ordinal), () => _reader.ReadHeaderAtAsync(point.Height, cancellationToken), cancellationToken);
            if (answer.IsFound && answer.Value.Point.Hash == point.Hash)
            {
                round.Agree++;
            }
            else
            {
                (answer.IsFound ? round.Differ : answer.Kind == AnswerKind.NotYet ? round.Late : round.Unknown).Add(endpoint.Name);
            }
        }

        return round;
    }
}
