namespace ChainWatch.Evm;

/// <summary>Reads an EVM chain through its endpoints. It keeps no place in the chain, so one reader serves any number of sources.</summary>
internal sealed class EvmBlockReader : IBlockReader
{
    private const int WholeBlocksAtOnce = 8;
    private readonly EndpointPool<EvmEndpoint> _pool;
    private readonly EvmReaderSettings _settings;
    private readonly EvmIdentity _identity;
    private readonly NewHeadsFeed? _feed;
    private readonly TimeProvider _time;

    public EvmBlockReader(EndpointPool<EvmEndpoint> pool, EvmReaderSettings settings, EvmIdentity identity, NewHeadsFeed? feed, TimeProvider timeProvider)
    {
        _pool = pool;
        _settings = settings;
        _identity = identity;
        _feed = feed;
        _time = timeProvider;
    }

    /// <summary>True on chains that exist only on a developer's machine; known once an endpoint has answered.</summary>
    public bool IsDevelopment => _identity.IsDevelopment;

    /// <summary>
    /// Whether the chain's own marks are told. Those of development chains are made up (finalized may be the head itself, on a chain that goes back at will), so they are
    /// told only where the configuration asks for them by name.
    /// </summary>
    private bool WantMarks => _settings.AsksForMarks || !_identity.IsDevelopment;

    public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => _pool.ReadTipAsync(
        async (endpoint, cancellation) => Answer<ChainTip>.Found(await TipReading.ReadAsync(endpoint, WantMarks, _time, cancellation)),
        cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<BlockHeader>.Found(await Whole(endpoint).ReadHeaderAsync(hash, cancellation)),
        cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<BlockHeader>.Found(await Whole(endpoint).ReadHeaderAtAsync(height, cancellation)),
        cancellationToken);

    public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<Block>.Found(await ObserveAsync(endpoint, skipped => ReadBlockAsync(endpoint, skipped, hash, watched, cancellation))),
        cancellationToken);

    public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<IReadOnlyList<Block>>.Found(
            await ObserveAsync(endpoint, skipped => ReadBlocksAsync(endpoint, skipped, fromHeight, Math.Max(1, count), watched, cancellation))),
        cancellationToken);

    public void Forget()
    {
        foreach (EvmEndpoint endpoint in _pool.Endpoints)
        {
            endpoint.Rpc.FinalAnswers?.Forget();
        }
    }

    public ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken) =>
        _feed is null ? NeverAsync(cancellationToken) : _feed.WaitAsync(cancellationToken);

    /// <summary>Reads with all checks; where one fails and they are only observed, it is told, and read once more without.</summary>
    private async ValueTask<T> ObserveAsync<T>(EvmEndpoint endpoint, Func<EvmChecks, ValueTask<T>> read)
    {
        try
        {
            return await ForgetAfterDoubtAsync(() => read(_settings.SkippedChecks));
        }
        catch (EndpointException exception) when (_settings.ObserveOnly && CheckLevels.IsObservable(exception.Error.Check))
        {
            endpoint.Client.ReportObserved(exception.Error.Check!, exception.Message);
            return await read(CheckLevels.All);
        }
    }

    /// <summary>An answer that fails a check, or that does not go with another, is not known to be the newer one: none of those that are kept is given out again.</summary>
    private async ValueTask<T> ForgetAfterDoubtAsync<T>(Func<ValueTask<T>> read)
    {
        try
        {
            return await read();
        }
        catch (EndpointException exception) when (exception.Error.Check is not null)
        {
            Forget();
            throw;
        }
    }

    private async ValueTask<Block> ReadBlockAsync(EvmEndpoint endpoint, EvmChecks skipped, Hash256 hash, AddressSet watched, CancellationToken cancellationToken)
    {
        BlockReading whole = Whole(endpoint, skipped);
        BlockLogsReading logs = new(endpoint, Plan, skipped, whole, new RangeReading(endpoint, Plan, skipped, whole, _settings.AnswerBytes));
        return (logs.Fits ? await logs.ReadAsync(hash, watched, cancellationToken) : null) ?? await whole.ReadAsync(hash, watched, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<Block>> ReadBlocksAsync(EvmEndpoint endpoint, EvmChecks skipped, long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
    {
        if (endpoint.Head < fromHeight)
        {
            await TipReading.ReadAsync(endpoint, WantMarks, _time, cancellationToken);
            if (endpoint.Head < fromHeight)
            {
                throw new EndpointException(EndpointErrorKind.NotYet, $"endpoint '{endpoint.Name}' is at height {endpoint.Head}");
            }
        }

        List<Block> blocks = [];
        try
        {
            int settled = (int)Math.Clamp(SettledHeight(endpoint, skipped) - fromHeight + 1, 0, count);
            if (settled > 0)
            {
                RangeReading range = new(endpoint, Plan, skipped, Whole(endpoint, skipped), _settings.AnswerBytes);
                blocks = await range.ReadAsync(fromHeight, settled, watched, cancellationToken);
            }

            while (blocks.Count >= settled && blocks.Count < count)
            {
                int before = blocks.Count;
                int asked = Math.Min(WholeBlocksAtOnce, count - before);
                await ReadWholeAsync(Whole(endpoint, skipped), endpoint, blocks, fromHeight + before, asked, watched, cancellationToken);
                if (blocks.Count - before < asked)
                {
                    break;
                }
            }

            return blocks;
        }
        catch
        {
            blocks.ForEach(static block => block.Dispose());
            throw;
        }
    }

    /// <summary>Up to where blocks do not change any more, so that reading them by number and range is safe.</summary>
    private long SettledHeight(EvmEndpoint endpoint, EvmChecks skipped) =>
        _settings.CatchUp == EvmCatchUp.Receipts || CheckLevels.Proves(skipped) ? -1
        : WantMarks && endpoint.Marks.Finalized is { } final ? final.Height
        : endpoint.Head - _settings.FinalityDepth;

    private async ValueTask ReadWholeAsync(BlockReading whole, EvmEndpoint endpoint, List<Block> into, long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
    {
        List<BlockData> drafts = [];
        try
        {
            JsonRpcCall[] calls = new JsonRpcCall[count];
            for (int index = 0; index < count; index++)
            {
                calls[index] = new JsonRpcCall("eth_getBlockByNumber", $@"[""{HexText.Quantity(fromHeight + index)}"",{(whole.NeedsBodies ? "true" : "false")}]") { IsFinal = endpoint.IsFinal(fromHeight + index) };
            }

            using (JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken))
            {
                for (int index = 0; index < count; index++)
                {
                    BlockData? draft = whole.ReadBlock(replies[index], Plan, watched);
                    if (draft is null)
                    {
                        break;
                    }

                    drafts.Add(draft);
                    if (draft.Point.Height != fromHeight + index)
                    {
                        AnswerCheck.Fail(endpoint.Name, AnswerCheck.BlockHash, $"it was asked for block {fromHeight + index} and answered {draft.Point}");
                    }

                    whole.Check(draft, Plan);
                }
            }

            if (drafts.Count == 0 && into.Count == 0)
            {
                throw new EndpointException(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' has no block {fromHeight}, though its head was {endpoint.Head}");
            }

            await whole.ProveAsync(drafts, cancellationToken);
            if (Plan.InternalTransfers)
            {
                await whole.TraceAsync(drafts, cancellationToken);
            }

            into.AddRange(drafts.Select(draft => draft.ToBlock(Plan, readFor: null)));
        }
        finally
        {
            drafts.ForEach(static draft => draft.Dispose());
        }
    }

    private WatchPlan Plan => _identity.PaysWithdrawals ? _settings.Plan : _settings.Plan.WithoutWithdrawals;

    private BlockReading Whole(EvmEndpoint endpoint) => Whole(endpoint, _settings.SkippedChecks);

    private BlockReading Whole(EvmEndpoint endpoint, EvmChecks skipped) => new(endpoint, Plan, skipped);

    private static async ValueTask<ChainPoint?> NeverAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<ChainPoint?> never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
        return await never.Task;
    }
}
