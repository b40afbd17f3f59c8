namespace ChainWatch;

/// <summary>
/// Says which of the addresses that share an account takes a transfer: the one with its tag, from its own first height on; before that, as when nobody had registered it, the account, from its own on.
/// Which addresses a block was matched against does not tell: of these, some may be watched from later on, and others not be among them.
/// </summary>
/// <param name="chain">The chain.</param>
/// <param name="watchlist">Whose watched addresses count.</param>
internal sealed class TransferTakers(Chain chain, IWatchStore watchlist)
{
    /// <summary>How many addresses are known at most.</summary>
    private const int MostKnown = 10_000;

    // The first height of each address that was asked for; null for those that are not watched.
    private readonly Dictionary<AddressKey, long?> _known = [];

    /// <summary>Who took payments that are recorded already: they keep them.</summary>
    public IReadOnlyDictionary<PaymentId, AddressKey> Recorded { get; init; } = new Dictionary<PaymentId, AddressKey>();

    /// <summary>Has the watchlist asked anew.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Gives what was found in blocks to who takes it.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="all">What they were matched against, which is all that is watched.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask SettleAsync(IReadOnlyList<PendingBlock> blocks, AddressSet all, CancellationToken cancellationToken)
    {
        if (!chain.Format.SharesBalances)
        {
            return;
        }

        foreach (PendingBlock block in blocks)
        {
            for (int index = 0; index < block.Transfers.Count; index++)
            {
                Transfer transfer = block.Transfers[index];
                AddressKey owner = chain.Format.BalanceOwnerOf(transfer.To);
                // An account gets what no tag took, and a tag whose account is not watched has nobody to leave it to.
                if (transfer.To != owner && all.Contains(owner.Bytes))
                {
                    block.Give(index, await TakerOfAsync(transfer, block.Block.Header.Point.Height, cancellationToken));
                }
            }
        }
    }

    /// <summary>Who takes a transfer; whom it was matched to, where neither the account nor the tag is watched from there on.</summary>
    public async ValueTask<AddressKey> TakerOfAsync(Transfer transfer, long height, CancellationToken cancellationToken)
    {
        if (!chain.Format.SharesBalances)
        {
            return transfer.To;
        }

        if (Recorded.TryGetValue(new PaymentId(transfer.TransactionId, transfer.Ordinal), out AddressKey recorded) && chain.Format.IsSameTaker(recorded, transfer.To, transfer.Tag))
        {
            return recorded;
        }

        AddressKey owner = chain.Format.BalanceOwnerOf(transfer.To);
        if (chain.Format.PartOf(owner, transfer.Tag) is { } part && await FromAsync(part, cancellationToken) <= height)
        {
            return part;
        }

        return transfer.To != owner && await FromAsync(owner, cancellationToken) <= height ? owner : transfer.To;
    }

    private async ValueTask<long?> FromAsync(AddressKey key, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(key, out long? from))
        {
            from = (await watchlist.FindAddressAsync(chain, key, cancellationToken))?.FromHeight;
            if (_known.Count >= MostKnown)
            {
                _known.Clear();
            }

            _known.Add(key, from);
        }

        return from;
    }
}
