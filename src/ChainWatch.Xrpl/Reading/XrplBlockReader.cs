using System.Globalization;

namespace ChainWatch.Xrpl;

/// <summary>
/// Reads validated ledgers. Every ledger is fetched in its binary form and proved: the header by its hash, the transactions with their metadata by the root of their tree. It keeps
/// no place in the chain, so one reader serves any number of sources.
/// </summary>
internal sealed class XrplBlockReader : IBlockReader
{
    private readonly EndpointPool<XrplEndpoint> _pool;
    private readonly WatchPlan _plan;
    private readonly HeldPayments _held;
    private readonly LedgerFeed _feed;
    private readonly bool _prove;
    private readonly bool _observeOnly;

    /// <param name="pool">The servers.</param>
    /// <param name="plan">What is watched.</param>
    /// <param name="held">Where payments go that cannot be recorded.</param>
    /// <param name="feed">What wakes up.</param>
    /// <param name="integrity">How hard ledgers are checked: by their tree of transactions, unless it is off. There is nothing beyond that which a ledger's hash commits to.</param>
    /// <param name="observeOnly">Whether a ledger that fails is only told.</param>
    public XrplBlockReader(EndpointPool<XrplEndpoint> pool, WatchPlan plan, HeldPayments held, LedgerFeed feed, IntegrityLevel integrity = IntegrityLevel.Intrinsic, bool observeOnly = false)
    {
        _prove = integrity != IntegrityLevel.Off;
        _observeOnly = observeOnly;
        _pool = pool;
        _plan = plan;
        _held = held;
        _feed = feed;
    }

    public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => _pool.ReadTipAsync(
        async (endpoint, cancellation) =>
        {
            await endpoint.RefreshAsync(cancellation);
            ChainPoint head = await endpoint.ReadTipAsync(cancellation);

            // Validated is final: there is nothing beyond it to wait for.
            return Answer<ChainTip>.Found(new ChainTip { Head = head, Safe = head, Finalized = head });
        },
        cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) =>
        {
            using XrplReply reply = await endpoint.AskAsync("ledger", $"\"ledger_hash\":\"{hash}\",\"binary\":true,", cancellation);
            LedgerHeaderData header = endpoint.Parse(reply, static result => LedgerAnswer.ReadHeader(result));
            RequireHash(endpoint, header, hash);
            return Answer<BlockHeader>.Found(header.ToHeader());
        },
        cancellationToken);

    public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) =>
        {
            XrplLedger ledger = await ReadLedgerAsync(endpoint, $"\"ledger_hash\":\"{hash}\",", cancellation);
            if (ledger.Header.Point.Hash != hash)
            {
                ledger.Dispose();
                throw AnotherLedger(endpoint, ledger.Header.Point, hash.ToString());
            }

            return Answer<Block>.Found(ledger);
        },
        cancellationToken);

    public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<IReadOnlyList<Block>>.Found(await ReadBlocksAsync(endpoint, fromHeight, Math.Max(1, count), cancellation)),
        cancellationToken);

    public ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken) => _feed.WaitAsync(cancellationToken);

    private async ValueTask<XrplLedger> ReadLedgerAsync(XrplEndpoint endpoint, string which, CancellationToken cancellationToken)
    {
        using XrplReply reply = await endpoint.AskAsync("ledger", $"{which}\"transactions\":true,\"expand\":true,\"binary\":true,", cancellationToken);
        Action<string>? observed = _observeOnly ? why => endpoint.Client.ReportObserved("ledger", why) : null;
        return endpoint.Parse(reply, result => LedgerAnswer.ReadLedger(result, endpoint.Name, _plan, _held, _prove, observed));
    }

    private async ValueTask<IReadOnlyList<Block>> ReadBlocksAsync(XrplEndpoint endpoint, long fromHeight, int count, CancellationToken cancellationToken)
    {
        if (endpoint.Validated < fromHeight)
        {
            await endpoint.ReadTipAsync(cancellationToken);
            if (endpoint.Validated < fromHeight)
            {
                throw new EndpointException(EndpointErrorKind.NotYet, string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' has validated up to ledger {endpoint.Validated}"));
            }
        }

        count = (int)Math.Min(count, endpoint.Validated - fromHeight + 1);
        if (endpoint.Ledgers is { } ledgers && fromHeight <= ledgers.Last)
        {
            long last = ledgers.HeldUpTo(fromHeight);
            if (last < 0)
            {
                throw new EndpointException(
                    EndpointErrorKind.MissingData,
                    string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' does not hold ledger {fromHeight}, only {ledgers.Text}; older ledgers need a server with full history"));
            }

            if (last < ledgers.Last)
            {
                count = (int)Math.Min(count, last - fromHeight + 1);
            }
        }

        List<Block> blocks = [];
        try
        {
            while (blocks.Count < count)
            {
                Task<XrplLedger>[] reading = new Task<XrplLedger>[Math.Min(endpoint.AtOnce, count - blocks.Count)];
                for (int index = 0; index < reading.Length; index++)
                {
                    long height = fromHeight + blocks.Count + index;
                    reading[index] = ReadByIndexAsync(endpoint, height, cancellationToken).AsTask();
                }

                await TakeAsync(reading, blocks);
            }

            return blocks;
        }
        catch (EndpointException) when (blocks.Count > 0)
        {
            // What is there already follows on; the rest is asked for anew, perhaps elsewhere.
            return blocks;
        }
        catch
        {
            blocks.ForEach(static block => block.Dispose());
            throw;
        }
    }

    /// <summary>Takes answers in their order up to the first that failed, and gives the ones behind it back.</summary>
    private static async Task TakeAsync(Task<XrplLedger>[] reading, List<Block> blocks)
    {
        EndpointException? failure = null;
        OperationCanceledException? ended = null;
        foreach (Task<XrplLedger> one in reading)
        {
            try
            {
                XrplLedger ledger = await one;
                if (failure is null && ended is null)
                {
                    blocks.Add(ledger);
                }
                else
                {
                    ledger.Dispose();
                }
            }
            catch (EndpointException exception)
            {
                failure ??= exception;
            }
            catch (OperationCanceledException exception)
            {
                ended ??= exception;
            }
        }

        if (ended is not null || failure is not null)
        {
            throw (Exception?)ended ?? failure!;
        }
    }

    private async ValueTask<XrplLedger> ReadByIndexAsync(XrplEndpoint endpoint, long height, CancellationToken cancellationToken)
    {
        XrplLedger ledger = await ReadLedgerAsync(endpoint, string.Create(CultureInfo.InvariantCulture, $"\"ledger_index\":{height},"), cancellationToken);
        if (ledger.Header.Point.Height != height)
        {
            ledger.Dispose();
            throw AnotherLedger(endpoint, ledger.Header.Point, height.ToString(CultureInfo.InvariantCulture));
        }

        return ledger;
    }

    private static void RequireHash(XrplEndpoint endpoint, LedgerHeaderData header, Hash256 hash)
    {
        if (header.Hash != hash)
        {
            throw AnotherLedger(endpoint, new ChainPoint(header.Index, header.Hash), hash.ToString());
        }
    }

    private static EndpointException AnotherLedger(XrplEndpoint endpoint, ChainPoint answered, string asked) => new(new EndpointError
    {
        Kind = EndpointErrorKind.MissingData,
        Check = "ledger",
        Message = $"endpoint '{endpoint.Name}' failed the check ledger: it was asked for {asked} and answered {answered}",
    });
}
