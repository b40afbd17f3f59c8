using ChainWatch.Simulation;
using ChainWatch.Testing;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>
/// Tells a simulated chain in blocks of Bitcoin's form, whose ids commit to every byte. A transaction with other content in another branch is another one there, and the same in the simulation.
/// </summary>
internal abstract class MadeWire(WireSettings settings) : ScenarioWire(settings, KeyLength, "BTC")
{
    private const int KeyLength = 42;
    private readonly Dictionary<Hash256, MadeBlock> _blocks = [];
    private readonly Dictionary<(Hash256 Block, Hash256 Transaction), MadeTransaction> _transactions = [];

    public override ChainPoint Render(MinedBlock block) => new(block.Height, RenderBlock(block).HashValue);

    public override OutputId ToWire(MinedBlock spending, OutputId output) => new(ToWire(spending, output.TransactionId), output.Index);

    /// <summary>The form that the transaction has in the branch that ends with a block.</summary>
    public override Hash256 ToWire(MinedBlock block, Hash256 transaction)
    {
        (MinedBlock held, SimulatedTransaction found) = Locate(block, transaction);
        return Hash256.Parse(RenderTransaction(held, found).Id);
    }

    /// <summary>To the hash of a key, by a witness program of version 0.</summary>
    protected override AddressKey ToWire(in AddressKey address) => new([0, 20, .. address.Bytes, .. new byte[KeyLength - 22]]);

    protected MadeBlock RenderBlock(MinedBlock block)
    {
        if (!_blocks.TryGetValue(block.Hash, out MadeBlock? rendered))
        {
            List<MadeTransaction> transactions = [.. block.Transactions.Select(transaction => RenderTransaction(block, transaction))];
            string parent = block.Parent is null ? MadeBlock.NoHash : RenderBlock(block.Parent).Hash;
            Span<byte> salt = stackalloc byte[Hash256.Length];
            block.Hash.CopyTo(salt);
            rendered = MadeBlock.Of(block.Height, parent, transactions, salt: BitConverter.ToInt32(salt));
            _blocks.Add(block.Hash, rendered);
            Rendered(rendered.HashValue, block);
            for (int number = 0; number < transactions.Count; number++)
            {
                for (int index = 0; index < block.Transactions[number].Transfers.Count; index++)
                {
                    Rendered(rendered.HashValue, Hash256.Parse(transactions[number].Id), index, block.Transactions[number], index);
                }
            }
        }

        return rendered;
    }

    protected MadeTransaction RenderTransaction(MinedBlock block, SimulatedTransaction transaction)
    {
        if (!_transactions.TryGetValue((block.Hash, transaction.Id), out MadeTransaction? rendered))
        {
            // One input of its own makes it another transaction than one that pays the same.
            List<(string, uint)> inputs = [(transaction.Id.ToString(), 9)];
            inputs.AddRange(block.Spends.Where(spent => spent.SpentBy == transaction.Id).Select(spent => (ToWire(block, spent.Output.TransactionId).ToString(), (uint)spent.Output.Index)));
            rendered = new MadeTransaction
            {
                Inputs = inputs,
                Outputs = [.. transaction.Transfers.Select(transfer => new MadeOutput((long)transfer.Amount, [.. WireAddress(transfer.To).Bytes[..22]]))],
                Witness = [[[7]]],
            };
            _transactions.Add((block.Hash, transaction.Id), rendered);
        }

        return rendered;
    }

    /// <summary>Outputs hold nothing but the coin, and no memo that could be read.</summary>
    public static IReadOnlyList<SimulatedTransfer> Shape(SimulatedChain chain, IReadOnlyList<SimulatedTransfer> transfers) => [.. transfers.Select(transfer => transfer with { Asset = chain.Coin })];
}
