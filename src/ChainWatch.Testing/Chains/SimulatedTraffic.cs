using System.Numerics;

namespace ChainWatch.Testing;

/// <summary>Drives a <see cref="SimulatedChain"/> by itself: a block at every block time, with payments, reorgs that move or drop them, and advancing finality.</summary>
public sealed class SimulatedTraffic
{
    private readonly SimulatedChain _chain;
    private readonly SimulatedTrafficOptions _options;
    private readonly TimeProvider _time;
    private readonly SeededRandom _random;
    private readonly List<SimulatedTransaction> _dropped = [];

    /// <summary>Creates the traffic; <see cref="RunAsync"/> begins it.</summary>
    public SimulatedTraffic(SimulatedChain chain, SimulatedTrafficOptions options, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _chain = chain;
        _options = options;
        _time = timeProvider;
        _random = new SeededRandom(options.Seed);
    }

    /// <summary>Called after each change, with a sentence that says what happened.</summary>
    public Action<string>? Happened { get; set; }

    /// <summary>Drives the chain until it is cancelled, or has its blocks. What was dropped at the end stays dropped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (int blocks = 0; blocks < _options.Blocks; blocks++)
        {
            await Task.Delay(_chain.Chain.BlockTime, _time, cancellationToken);
            Step();
        }
    }

    /// <summary>Adds one block, or replaces some, right now.</summary>
    public void Step()
    {
        long depth = Math.Min(_options.ReorgDepthUpTo, _chain.Head.Height - Math.Max(_chain.Finalized?.Height ?? 0, 0));
        if (depth > 0 && _random.Chance(_options.Reorgs))
        {
            Reorg(1 + _random.Next((int)depth));
        }
        else
        {
            List<SimulatedTransaction> transactions = NewPayments();
            // What a reorg dropped is often mined later after all.
            if (_dropped.Count > 0 && _random.Chance(0.4))
            {
                transactions.Add(_dropped[0]);
                _dropped.RemoveAt(0);
            }

            MinedBlock block = _chain.Mine(transactions);
            Happened?.Invoke($"block {block.Height} with {Say(transactions.Count, "transaction")}");
        }

        long final = _chain.Head.Height - _options.FinalityDepth;
        if (final > (_chain.Finalized?.Height ?? 0))
        {
            _chain.MarkFinalized(final);
            _chain.MarkSafe(final + (_options.FinalityDepth / 2));
        }
    }

    private static string Say(int count, string what) => count == 1 ? $"1 {what}" : $"{(count == 0 ? "no" : count)} {what}s";

    private void Reorg(int depth)
    {
        List<IReadOnlyList<SimulatedTransaction>> branch = [];
        int moved = 0;
        int dropped = 0;
        for (long height = _chain.Head.Height - depth + 1; height <= _chain.Head.Height; height++)
        {
            List<SimulatedTransaction> transactions = [];
            foreach (SimulatedTransaction transaction in _chain.At(height)!.Transactions)
            {
                if (_random.Chance(_options.Drops))
                {
                    dropped++;
                    _dropped.Add(transaction);
                }
                else
                {
                    moved++;
                    transactions.Add(transaction);
                }
            }

            branch.Add(transactions);
        }

        branch.Add(NewPayments());
        MinedBlock head = _chain.Reorg(depth, branch);
        Happened?.Invoke($"reorg of {Say(depth, "block")} to {head.Height}: {moved} moved, {dropped} dropped");
    }

    private List<SimulatedTransaction> NewPayments()
    {
        List<SimulatedTransaction> transactions = [];
        double expected = _options.PaymentsPerBlock;
        while (_options.Addresses.Count > 0 && _random.Chance(expected))
        {
            expected -= 1;
            bool token = _random.Chance(0.4);
            BigInteger amount = (1 + _random.Next(500)) * BigInteger.Pow(10, token ? _chain.Token.Decimals - 1 : _chain.Coin.Decimals - 2);
            transactions.Add(_chain.Pay(_random.Pick(_options.Addresses), amount, token ? _chain.Token : _chain.Coin));
        }

        return transactions;
    }
}
