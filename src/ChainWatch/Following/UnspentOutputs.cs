namespace ChainWatch;

/// <summary>
/// The outputs of stored and pending payments whose spending the follower looks for. It holds at least those that are unspent where the follower stands; a few more do no harm, since the store takes a
/// spending only of a payment that it has. On chains of accounts it is empty and costs nothing.
/// </summary>
internal sealed class UnspentOutputs(Chain chain, IWatchStore store)
{
    private readonly OutputSet _outputs = new();

    private bool Exist => chain.Format.OrdinalsPerOutput > 0;

    /// <summary>Begins anew with what the store holds.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (Exist)
        {
            _outputs.Clear();
            Add(await store.ReadOutputsAsync(chain, spentAbove: null, cancellationToken));
        }
    }

    /// <summary>Looks again for the outputs that blocks above a height spent, since these are about to be replaced.</summary>
    public async Task TakeBackAsync(long height, CancellationToken cancellationToken)
    {
        if (Exist)
        {
            Add(await store.ReadOutputsAsync(chain, spentAbove: height, cancellationToken));
        }
    }

    /// <summary>Finds what a block spends: of what is known, and of what it holds itself.</summary>
    public void Find(PendingBlock block)
    {
        if (Exist)
        {
            foreach (Transfer transfer in block.Transfers)
            {
                if (chain.Format.OutputOf(new PaymentId(transfer.TransactionId, transfer.Ordinal)) is { } output)
                {
                    _outputs.Add(output);
                }
            }

            block.FindSpends(_outputs);
        }
    }

    /// <summary>Finds anew what blocks spend, after more was found in them or elsewhere.</summary>
    public void FindAnew(IReadOnlyList<PendingBlock> blocks)
    {
        foreach (PendingBlock block in blocks)
        {
            Find(block);
        }
    }

    /// <summary>Looks for these outputs too.</summary>
    public void Add(IEnumerable<OutputId> outputs)
    {
        foreach (OutputId output in outputs)
        {
            _outputs.Add(output);
        }
    }

    /// <summary>Forgets what is spent, and what is no payment any more.</summary>
    public void Committed(CommitBatch batch, CommitResult result)
    {
        foreach (OutputSpent spent in batch.Spends)
        {
            _outputs.Remove(spent.Output);
        }

        HashSet<PaymentId>? found = null;
        foreach (PaymentEvent one in result.Events)
        {
            // One that came back with other content is told as retracted too.
            if (one.Kind == PaymentEventKind.Retracted && chain.Format.OutputOf(one.Payment.Id) is { } output)
            {
                found ??= [.. batch.Payments.Select(static payment => new PaymentId(payment.Transfer.TransactionId, payment.Transfer.Ordinal))];
                if (!found.Contains(one.Payment.Id))
                {
                    _outputs.Remove(output);
                }
            }
        }
    }
}
