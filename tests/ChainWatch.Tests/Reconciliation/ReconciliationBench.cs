using System.Numerics;
using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>An engine that reconciles, and what a test does with it.</summary>
internal sealed class ReconciliationBench : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(2);

    public ReconciliationBench(bool hasOutputs = false, ReconciliationOptions? options = null, InMemoryWatchStore? store = null, SimulatedChain? chain = null)
    {
        Engine = new SimulatedEngine(
            finalityDepth: 5, store: store, chain: chain ?? new SimulatedChain(hasOutputs: hasOutputs), endpoints: [Endpoint],
            configure: static options => options.SecondPass = false, reconciliation: options ?? new ReconciliationOptions());
    }

    public SimulatedEndpoint Endpoint { get; } = new("first");

    public SimulatedEngine Engine { get; }

    public SimulatedChain Chain => Engine.Chain;

    public SimulatedStateReader State => Engine.State;

    public IReconciliationStore Records => Engine.Store.Reconciliations;

    /// <summary>Mines payments, and blocks that make them final.</summary>
    public MinedBlock Pay(string label, BigInteger amount, Asset? asset = null) => Chain.Mine(Chain.Pay(SimulatedFormat.Address(label), amount, asset));

    public void Settle()
    {
        Chain.MineEmpty(10);
        Engine.CatchUp();
    }

    /// <summary>Asks for a reconciliation, and runs until it is done.</summary>
    public IReadOnlyList<Discrepancy> Reconcile(ReconciliationRequest? request = null)
    {
        long id = Engine.Scheduler.Run(() => Engine.Reconciliation.RequestAsync(Chain.Chain.Name, request ?? new ReconciliationRequest(), CancellationToken.None));
        Finish(id);
        return Found(id);
    }

    public void Finish(long id) =>
        Engine.Scheduler.RunUntil(() => Run(id).State == ReconciliationState.Done, Patience).ShouldBeTrue($"the run is {Run(id)}");

    public ReconciliationRun Run(long id) => Records.ReadRunAsync(Chain.Chain, id, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;

    public ReconciliationRun Last() => Records.ReadRunsAsync(Chain.Chain, 1, CancellationToken.None).AsTask().GetAwaiter().GetResult()[0];

    public IReadOnlyList<Discrepancy> Found(long id) => Records.ReadDiscrepanciesAsync(Chain.Chain, id, int.MaxValue, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Has the records say what no block says, as a row that somebody put in by hand would.</summary>
    public void Forge(MinedBlock block, SimulatedTransaction transaction, string label, BigInteger amount)
    {
        AddressKey key = SimulatedFormat.Key(label);
        long term = Engine.Status.Term;
        long id = Records.RepairAsync(Chain.Chain, term, [key], block.Height, block.Height, "forged", CancellationToken.None).AsTask().GetAwaiter().GetResult()!.Value;
        Transfer transfer = new() { TransactionId = transaction.Id, Ordinal = 0, To = key, Asset = Chain.Coin, Amount = amount };
        BackScanBatch batch = new()
        {
            Chain = Chain.Chain,
            Term = term,
            BackScanId = id,
            Blocks = [block.Header],
            Payments = [new PaymentFound { Transfer = transfer, Block = block.Point, ConfirmationMark = ConfirmationMark.Head, ConfirmationHeight = block.Height }],
            At = Engine.Time.GetUtcNow(),
        };
        Engine.Store.CommitBackScanAsync(batch, CancellationToken.None).AsTask().GetAwaiter().GetResult().Outcome.ShouldBe(CommitOutcome.Committed);
        // On a chain of outputs it goes on, to look for the spending.
        Engine.Scheduler.RunUntil(() => Engine.Store.ReadBackScansAsync(Chain.Chain, CancellationToken.None).AsTask().GetAwaiter().GetResult().Count == 0, Patience).ShouldBeTrue();
    }

    /// <summary>Has the records forget that an output is spent, as a row that somebody deleted would.</summary>
    public void Unspend(SimulatedTransaction transaction) =>
        Engine.Store.Rewrite(Chain.Chain, new PaymentId(transaction.Id, 0), static payment => payment with { Spent = null });

    /// <summary>Has the records say that an output is spent.</summary>
    public void Spend(SimulatedTransaction transaction, MinedBlock block) =>
        Engine.Store.Rewrite(Chain.Chain, new PaymentId(transaction.Id, 0), payment => payment with { Spent = new Spending { TransactionId = "nowhere", Block = block.Point } });

    public void Dispose() => Engine.Dispose();
}
