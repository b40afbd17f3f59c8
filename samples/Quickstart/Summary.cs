using System.Numerics;
using ChainWatch;
using ChainWatch.Testing;

namespace Quickstart;

/// <summary>What happened, in the end.</summary>
public sealed class Summary
{
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Blocks that the engine committed, those that were replaced later included.</summary>
    public required int Blocks { get; init; }

    public required int Replaced { get; init; }

    public required int Reorgs { get; init; }

    public required Ledger Ledger { get; init; }

    public required SimulatedChain Chain { get; init; }

    /// <summary>Where the books and the chain differ: nowhere, one hopes.</summary>
    public required IReadOnlyList<string> Differences { get; init; }

    /// <summary>What happened: each fact with its name.</summary>
    public IEnumerable<(string Name, string Fact)> Facts()
    {
        yield return ("blocks", $"{Blocks} followed, {Replaced} of them replaced by {Reorgs} reorgs");
        yield return ("payments", string.Join(", ", Enum.GetValues<PaymentEventKind>().Select(kind => $"{Ledger.CountOf(kind)} {Words.Of(kind)}")));
        string sums = string.Join(" and ", Chain.Chain.Assets.Select(asset => $"{asset.FormatAmount(Credited(asset))} {asset}"));
        yield return ("your books", $"{Ledger.Payments.Count} payments, {sums} credited");
        yield return Differences.Count == 0
            ? ("the chain", "holds exactly these: nothing lost, nothing credited twice, nothing left that a reorg took back")
            : ("the chain", $"differs: {string.Join("; ", Differences)}");
    }

    /// <summary>What to try now.</summary>
    public static IEnumerable<(string Command, string What)> Next()
    {
        yield return ("dotnet run --project samples/Quickstart -- --seed 7", "another chain, other reorgs; the same seed is always the same chain");
        yield return ("samples/Quickstart/CreditOrder.cs", "the code that you would write: one handler");
        yield return ("samples/DepositMonitor", "a real chain into a real PostgreSQL, by configuration alone");
    }

    private BigInteger Credited(Asset asset) => Ledger.Payments.Values
        .Where(one => one.Credited && one.Payment.Asset == asset.Symbol)
        .Aggregate(BigInteger.Zero, static (sum, one) => sum + one.Payment.Amount);
}
