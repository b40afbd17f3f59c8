using ChainWatch.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Simulation;

/// <summary>A simulated chain that a family's own protocol tells through two endpoints, at virtual time.</summary>
internal sealed class FamilyBench
{
    public FamilyBench(ScenarioFamily family, int blocks = 12)
    {
        Family = family;
        Scheduler = new DeterministicScheduler(Time);
        Chain = new SimulatedChain("sim", seed: 7, Time, TimeSpan.FromSeconds(2), family.HasOutputs);
        for (int number = 1; number <= blocks; number++)
        {
            Mine(number);
        }

        Wire = family.Create(new WireSettings(Chain, Options, Time, Seed: 7, NullLoggerFactory.Instance, static _ => { }));
    }

    public static AddressKey Alice { get; } = SimulatedFormat.Instance.ParseAddress(SimulatedFormat.Address("alice"));

    public static AddressKey Bob { get; } = SimulatedFormat.Instance.ParseAddress(SimulatedFormat.Address("bob"));

    public ScenarioFamily Family { get; }

    public ManualTimeProvider Time { get; } = new();

    public DeterministicScheduler Scheduler { get; }

    public SimulatedChain Chain { get; }

    public ScenarioWire Wire { get; }

    public SimulatedReaderOptions Options { get; } = new() { Endpoints = [new SimulatedEndpoint("node-0"), new SimulatedEndpoint("node-1")], FaultsEnabled = false };

    public AddressSet Watched { get; } = AddressSet.Create(SimulatedFormat.Instance.AddressKeyLength).Add([Alice]);

    /// <summary>Adds a block that pays one to Alice and one to Bob.</summary>
    public MinedBlock Mine(int amount) => Settle(Chain.Mine(Transactions(amount)));

    /// <summary>Replaces the newest blocks by longer ones with other payments.</summary>
    public MinedBlock Reorganise(int depth) => Settle(Chain.Reorg(depth, [.. Enumerable.Range(0, depth + 1).Select(index => Transactions(500 + index))]));

    /// <summary>What the blocks of a range pay to these addresses.</summary>
    public static IEnumerable<string> Expect(IEnumerable<MinedBlock> blocks, params AddressKey[] addresses) => blocks.SelectMany(static block => block.Transactions)
        .SelectMany(transaction => transaction.Transfers.Select((transfer, ordinal) => (transfer, ordinal)).Where(one => addresses.Contains(one.transfer.To)).Select(one => Text(transaction.Id, one.ordinal, one.transfer.Amount)));

    public static string Text(Hash256 id, long ordinal, System.Numerics.BigInteger amount) => $"{id.ToString()[..8]}/{ordinal} {amount}";

    private IReadOnlyList<SimulatedTransaction> Transactions(int amount) => [Chain.Pay(Chain.Transfer(Alice, amount)), Chain.Pay(Chain.Transfer(Bob, amount + 1000))];

    private MinedBlock Settle(MinedBlock head)
    {
        if (Family.IsFinalAtOnce)
        {
            Chain.MarkFinalized(head.Height);
        }

        return head;
    }
}
