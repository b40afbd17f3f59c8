namespace ChainWatch;

/// <summary>A block that was matched and waits for its commit. Its bytes are kept until then, in case it must be matched against newer addresses.</summary>
internal sealed class PendingBlock(Block block) : ITransferSink
{
    private readonly List<Transfer> _transfers = [];
    private readonly List<OutputSpent> _spends = [];

    public Block Block => block;

    public IReadOnlyList<Transfer> Transfers => _transfers;

    public IReadOnlyList<OutputSpent> Spends => _spends;

    void ITransferSink.Add(Transfer transfer) => _transfers.Add(transfer);

    /// <summary>Looks for the transfers of these addresses. False when the block must be read again.</summary>
    public bool Match(AddressSet addresses) => block.Match(addresses, this);

    /// <summary>Forgets what was found and looks for all of it again. False when the block must be read again.</summary>
    public bool MatchAnew(AddressSet addresses, UnwatchedPayments payments)
    {
        _transfers.Clear();
        return Match(addresses) && (payments.IsEmpty || Match(payments));
    }

    /// <summary>Looks for these payments and no others of their addresses. False when the block must be read again.</summary>
    public bool Match(UnwatchedPayments payments)
    {
        int before = _transfers.Count;
        if (!block.Match(payments.Addresses, this))
        {
            return false;
        }

        for (int index = _transfers.Count - 1; index >= before; index--)
        {
            if (!payments.Contains(_transfers[index]))
            {
                _transfers.RemoveAt(index);
            }
        }

        return true;
    }

    /// <summary>Gives a transfer to another address.</summary>
    public void Give(int index, in AddressKey to)
    {
        if (_transfers[index].To != to)
        {
            _transfers[index] = _transfers[index].For(to);
        }
    }

    /// <summary>Looks for spendings of these outputs; what was found of them before is forgotten.</summary>
    public void FindSpends(OutputSet outputs)
    {
        _spends.Clear();
        if (outputs.Count > 0)
        {
            block.FindSpends(outputs, _spends);
        }
    }

    /// <summary>Drops what was found for addresses that are no longer watched, or that are about to be looked for anew.</summary>
    public void Forget(IReadOnlySet<AddressKey> addresses) => _transfers.RemoveAll(transfer => addresses.Contains(transfer.To));
}
