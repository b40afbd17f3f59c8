using System.Numerics;

namespace ChainWatch.Conformance;

/// <summary>Writes to a store as a follower would: it knows its term, its cursor and the watchlist's sequence, and its clock ticks a second with every batch.</summary>
public sealed class StoreScript
{
    private readonly string _scope;

    /// <summary>Creates a script for a chain of a store.</summary>
    public StoreScript(IWatchStore store, Chain chain)
    {
        Store = store;
        Chain = chain;
        _scope = WatchScope.For(chain, 0);
    }

    /// <summary>The store.</summary>
    public IWatchStore Store { get; }

    /// <summary>The chain.</summary>
    public Chain Chain { get; }

    /// <summary>The term under which it writes.</summary>
    public long Term { get; private set; }

    /// <summary>The cursor it believes in.</summary>
    public ChainPoint? Cursor { get; private set; }

    /// <summary>The watchlist's sequence it knows.</summary>
    public long WatchSequence { get; private set; }

    /// <summary>Its clock.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>All events of the batches written, in order.</summary>
    public List<PaymentEvent> Events { get; } = [];

    /// <summary>Takes over the chain and loads its state.</summary>
    public async Task<ScopeState> LeadAsync(string holder = "script")
    {
        Term = await Store.RaiseTermAsync(_scope, holder, TestContext.Current.CancellationToken);
        return await LoadAsync();
    }

    /// <summary>Loads the chain's state.</summary>
    public async Task<ScopeState> LoadAsync()
    {
        ScopeState state = await Store.LoadAsync(Chain, 0, TestContext.Current.CancellationToken);
        Cursor = state.Cursor;
        await ReadWatchlistAsync();
        return state;
    }

    /// <summary>Reads the watchlist up to its end.</summary>
    public async Task<IReadOnlyList<WatchChange>> ReadWatchlistAsync(int limit = 1000)
    {
        List<WatchChange> all = [];
        WatchChanges page;
        do
        {
            page = await Store.ReadWatchChangesAsync(Chain, WatchSequence, limit, TestContext.Current.CancellationToken);
            all.AddRange(page.Changes);
            WatchSequence = page.Sequence;
        }
        while (page.More);
        return all;
    }

    /// <summary>Registers addresses by number, and takes note of it.</summary>
    public async Task<RegistrationResult> WatchAsync(IEnumerable<int> numbers, PaymentReference? reference = null, long? since = null)
    {
        RegistrationResult result = await Store.AddAddressesAsync(
            Chain, [.. numbers.Select(number => Registration(number, reference, since))], Now, TestContext.Current.CancellationToken);
        await ReadWatchlistAsync();
        return result;
    }

    /// <summary>A registration of the n-th address.</summary>
    public WatchRegistration Registration(int number, PaymentReference? reference = null, long? since = null) => new()
    {
        Key = ConformanceChain.Address(number),
        Address = Chain.Format.FormatAddress(ConformanceChain.Address(number)),
        Reference = reference,
        Since = since,
    };

    /// <summary>A transfer in a block.</summary>
    public static PaymentFound Pay(
        BlockHeader block, int transaction, int to = 1, BigInteger? amount = null, long ordinal = 0, string? tag = null, string? from = null, Asset? asset = null,
        Confirmation? confirmation = null)
    {
        Confirmation policy = confirmation ?? Confirmation.Blocks(3);
        return new PaymentFound
        {
            Transfer = new Transfer
            {
                TransactionId = ConformanceChain.Transaction(transaction),
                Ordinal = ordinal,
                To = ConformanceChain.Address(to),
                From = from,
                Asset = asset ?? ConformanceChain.Coin,
                Amount = amount ?? 100,
                Tag = tag,
            },
            Block = block.Point,
            ConfirmationMark = policy.Mark,
            ConfirmationHeight = policy.HeightFor(block.Point.Height),
        };
    }

    /// <summary>A spending of the n-th transaction's output, in a block.</summary>
    public static OutputSpent Spend(BlockHeader block, int transaction, long output, int by) =>
        new(new OutputId(ConformanceChain.Transaction(transaction), output), ConformanceChain.Transaction(by), block.Point);

    /// <summary>A batch that stands on the cursor.</summary>
    public BatchDraft Draft(IReadOnlyList<BlockHeader> blocks, params PaymentFound[] payments) => new(this, blocks, payments);

    /// <summary>Writes blocks with payments in them; the store must take them.</summary>
    public Task<CommitResult> ForwardAsync(IReadOnlyList<BlockHeader> blocks, params PaymentFound[] payments) => CommitAsync(Draft(blocks, payments));

    /// <summary>Rolls back and writes blocks with payments in them; the store must take them.</summary>
    public Task<CommitResult> ReorgAsync(ChainPoint target, IReadOnlyList<BlockHeader> blocks, params PaymentFound[] payments)
    {
        BatchDraft draft = Draft(blocks, payments);
        draft.RollBackTo = target;
        return CommitAsync(draft);
    }

    /// <summary>Writes a batch; the store must take it.</summary>
    public async Task<CommitResult> CommitAsync(BatchDraft draft)
    {
        CommitResult result = await TryCommitAsync(draft);
        result.Outcome.ShouldBe(CommitOutcome.Committed);
        return result;
    }

    /// <summary>Writes a batch, if the store takes it.</summary>
    public async Task<CommitResult> TryCommitAsync(BatchDraft draft)
    {
        CommitBatch batch = draft.Build();
        CommitResult result = await Store.CommitAsync(batch, TestContext.Current.CancellationToken);
        Now = Now.AddSeconds(1);
        if (result.Outcome == CommitOutcome.Committed)
        {
            Cursor = batch.NewCursor;
            Events.AddRange(result.Events);
        }

        return result;
    }

    /// <summary>A piece of a back-scan.</summary>
    public BackScanBatch Piece(BackScan scan, IReadOnlyList<BlockHeader> blocks, params PaymentFound[] payments) => new()
    {
        Chain = Chain,
        Term = Term,
        BackScanId = scan.Id,
        Blocks = blocks,
        Payments = payments,
        Coverage = blocks.Count == 0 ? [] : [new CoverageRange(blocks[0].Point.Height, blocks[^1].Point.Height, "scanner", BlockReading.BackScanPass)],
        At = Now,
    };

    /// <summary>A piece of the second pass.</summary>
    public SecondPassBatch Again(IReadOnlyList<BlockHeader> blocks, params PaymentFound[] payments) => new()
    {
        Chain = Chain,
        Term = Term,
        Endpoint = "two",
        Blocks = blocks,
        Payments = payments,
        At = Now,
    };

    /// <summary>The stored payment of a transaction.</summary>
    public async Task<Payment> PaymentAsync(int transaction, long ordinal = 0)
    {
        PaymentId id = new(ConformanceChain.Transaction(transaction), ordinal);
        return (await PaymentsAsync()).Single(payment => payment.Id == id);
    }

    /// <summary>The stored payments.</summary>
    public async Task<IReadOnlyList<Payment>> PaymentsAsync(int limit = 10_000) => await Store.ReadPaymentsAsync(Chain, limit, TestContext.Current.CancellationToken);

    /// <summary>Takes what is due now.</summary>
    public async Task<Delivery?> TakeAsync() => await Store.TakeDeliveryAsync(Now, TestContext.Current.CancellationToken);

    /// <summary>Takes and acknowledges all that is due now.</summary>
    public async Task<IReadOnlyList<PaymentEvent>> DeliverAllAsync()
    {
        List<PaymentEvent> delivered = [];
        while (await TakeAsync() is { } delivery)
        {
            await using (delivery)
            {
                delivered.Add(delivery.Event);
                await delivery.AcknowledgeAsync(TestContext.Current.CancellationToken);
            }
        }

        return delivered;
    }
}
