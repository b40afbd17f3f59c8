using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Reads the chain's state at a point that our cursor has passed. It asks for the newest final one; where no endpoint has state there any more, for the newest committed one; and where the protocol
/// knows only its newest state, it waits until that is committed here too.
/// </summary>
internal sealed class StateReading(ChainRegistration registration, IReconciliationStore store, TimeProvider time, ILogger logger)
{
    private const int Rounds = 3;
    private static readonly TimeSpan RoundWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly string[] s_points = ["final", "committed", "the endpoint's own newest"];

    // What to ask for, once it has turned out what can be answered: an index of s_points.
    private int _level;

    public int MaxAddresses => registration.StateReader?.MaxAddresses ?? 100;

    /// <summary>Why nothing could be read the last time.</summary>
    public string? Reason { get; private set; }

    private Chain Chain => registration.Chain;

    /// <summary>
    /// A reconciliation begins: the final point is asked for again. What could not be read there once may have failed by itself, and a point that is not final may be replaced as soon as it has agreed, so
    /// that everything up to it would have to be compared again.
    /// </summary>
    public void Begin() => _level = 0;

    /// <summary>The newest point that is final enough: where nothing is final yet, the cursor.</summary>
    public async ValueTask<ChainPoint?> FinalAsync(CancellationToken cancellationToken) =>
        registration.Status.FinalizedHeight >= 0 && await store.FindPointAsync(Chain, registration.Status.FinalizedHeight, cancellationToken) is { } final ? final : registration.Status.Cursor;

    /// <summary>Reads the state of addresses at a point of the reader's choice, near the head; <see langword="null"/> where nobody can tell, with the <see cref="Reason"/>.</summary>
    public async ValueTask<ChainState?> ReadNewestAsync(IReadOnlyList<AddressKey> keys, CancellationToken cancellationToken)
    {
        if (registration.StateReader is not { } reader)
        {
            Reason = "chains of this kind, or their endpoints, tell no balances";
            return null;
        }

        for (int round = 1; ; round++)
        {
            for (; _level < s_points.Length; _level++)
            {
                ChainPoint? at = _level switch { 0 => await FinalAsync(cancellationToken), 1 => registration.Status.Cursor, _ => null };
                Answer<ChainState> answer = await AskAsync(reader, keys, at, cancellationToken);
                if (answer.IsFound)
                {
                    return await WaitForAsync(answer.Value.Point, cancellationToken) ? answer.Value : null;
                }

                Reason = answer.Reason;
                ReconciliationLog.StateNotRead(logger, Chain.Name, s_points[_level], at?.Height, Reason);
            }

            // Nobody answers anything: that is more often a moment than for ever.
            _level = 0;
            if (round == Rounds)
            {
                return null;
            }

            await Task.Delay(RoundWait, time, cancellationToken);
        }
    }

    /// <summary>Reads the state of addresses at one point; <see langword="null"/> where nobody can tell for that one.</summary>
    public async ValueTask<ChainState?> ReadAsync(IReadOnlyList<AddressKey> keys, ChainPoint at, CancellationToken cancellationToken)
    {
        if (registration.StateReader is not { } reader)
        {
            return null;
        }

        Answer<ChainState> answer = await AskAsync(reader, keys, at, cancellationToken);
        Reason = answer.Reason;
        return answer.IsFound && answer.Value.Point.Height == at.Height && answer.Value.Point.Hash == at.Hash ? answer.Value : null;
    }

    /// <summary>Reads what a block moved for an address besides payments; <see langword="null"/> where nobody can tell.</summary>
    public async ValueTask<BlockMovements?> ReadMovementsAsync(AddressKey key, Asset asset, ChainPoint block, CancellationToken cancellationToken)
    {
        try
        {
            return registration.StateReader is { } reader ? (await reader.ReadMovementsAsync(key, asset, block, cancellationToken)).Value : null;
        }
        catch (EndpointException)
        {
            return null;
        }
    }

    private static async ValueTask<Answer<ChainState>> AskAsync(IChainStateReader reader, IReadOnlyList<AddressKey> keys, ChainPoint? at, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadStateAsync(keys, at, cancellationToken);
        }
        catch (EndpointException exception)
        {
            return Answer<ChainState>.Unknown(exception.Message);
        }
    }

    private async Task<bool> WaitForAsync(ChainPoint point, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        while ((registration.Status.Cursor?.Height ?? -1) < point.Height)
        {
            if (time.GetElapsedTime(started) > Patience)
            {
                Reason = $"the state is that of block {point.Height}, which was not committed here in time";
                return false;
            }

            await Task.Delay(LookInterval, time, cancellationToken);
        }

        return true;
    }
}
