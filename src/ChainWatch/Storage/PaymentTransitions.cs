namespace ChainWatch;

/// <summary>
/// The rules of a payment's life when blocks come and go. They exist once, here, so that every store behaves the same; a store loads what a batch touches, asks for the
/// changes and writes them.
/// </summary>
public static class PaymentTransitions
{
    /// <summary>The cause of a retraction when the payment's transaction is not in the new branch (yet).</summary>
    public const string CauseDropped = "reorg: its transaction is not in the new branch";

    /// <summary>The cause of a retraction when the same transaction moves something else in the new branch.</summary>
    public const string CauseChanged = "reorg: its transaction pays differently in the new branch";

    /// <summary>Decides what a batch does to payments. Confirming by marks is the store's next step.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="rollBackTo">The last point that stays, when the chain rolled back.</param>
    /// <param name="found">The transfers found in the new blocks, in their order. Of several with the same identity the first counts.</param>
    /// <param name="existing">
    /// What is stored: every payment in a block above <paramref name="rollBackTo"/> that is not retracted, and every payment whose identity is among
    /// <paramref name="found"/>.
    /// </param>
    /// <param name="references">What a watched address stands for now.</param>
    /// <param name="at">The time of the commit.</param>
    /// <param name="told">
    /// Where records are being repaired, or a row was lost: payments among <paramref name="found"/> as they were after the last step that was told of each. Where that agrees with the block, what is stored is brought back to it,
    /// and nothing is told anew: the application has heard of it already.
    /// </param>
    public static PaymentChanges Resolve(
        Chain chain,
        ChainPoint? rollBackTo,
        IReadOnlyList<PaymentFound> found,
        IEnumerable<Payment> existing,
        Func<AddressKey, PaymentReference?> references,
        DateTimeOffset at,
        IEnumerable<Payment>? told = null)
    {
        Dictionary<PaymentId, Payment> heard = told?.ToDictionary(static payment => payment.Id) ?? [];
        Dictionary<PaymentId, Payment> stored = [];
        // Payments whose block is void: each is kept, moved or retracted by what the new branch holds.
        HashSet<PaymentId> orphaned = [];
        foreach (Payment payment in existing)
        {
            stored[payment.Id] = payment;
            if (rollBackTo is not null && payment.Block.Height > rollBackTo.Value.Height && payment.Status != PaymentStatus.Retracted)
            {
                orphaned.Add(payment.Id);
            }
        }

        Dictionary<PaymentId, Payment> inserted = [];
        Dictionary<PaymentId, Payment> updated = [];
        List<PaymentTransition> retracted = [];
        List<PaymentTransition> transitions = [];
        foreach (PaymentFound one in found)
        {
            PaymentId id = new(one.Transfer.TransactionId, one.Transfer.Ordinal);
            if (heard.TryGetValue(id, out Payment? last) && last.Status != PaymentStatus.Retracted && last.Block == one.Block && IsSame(chain.Format, last, one.Transfer))
            {
                if (!stored.TryGetValue(id, out Payment? row))
                {
                    stored[id] = inserted[id] = last;
                }
                else if (row.Status != last.Status || row.Block != last.Block || row.To != last.To || !IsSame(chain.Format, row, one.Transfer))
                {
                    stored[id] = updated[id] = last;
                }
            }
            else if (!stored.TryGetValue(id, out Payment? before))
            {
                Payment payment = Detect(one, id);
                stored[id] = payment;
                inserted[id] = payment;
                transitions.Add(new PaymentTransition(PaymentEventKind.Detected, payment));
            }
            else if (before.Status == PaymentStatus.Retracted)
            {
                Set(id, Detect(one, id), PaymentEventKind.Detected);
            }
            else if (orphaned.Remove(id))
            {
                if (!IsSame(chain.Format, before, one.Transfer))
                {
                    retracted.Add(new PaymentTransition(PaymentEventKind.Retracted, before with { Status = PaymentStatus.Retracted }, CauseChanged));
                    Set(id, Detect(one, id), PaymentEventKind.Detected);
                }
                else if (before.Block != one.Block)
                {
                    Payment moved = before with
                    {
                        Block = one.Block,
                        ConfirmationMark = one.ConfirmationMark,
                        ConfirmationHeight = one.ConfirmationHeight,
                    };
                    Set(id, moved, PaymentEventKind.Moved);
                }

                // The very same block came back: nothing happened to the payment.
            }

            // Else it is stored and stands: read twice, by a back-scan or a second pass.
        }

        foreach (PaymentId id in orphaned)
        {
            Payment payment = stored[id] with { Status = PaymentStatus.Retracted };
            updated[id] = payment;
            retracted.Add(new PaymentTransition(PaymentEventKind.Retracted, payment, CauseDropped));
        }

        // What is gone is told before what has come, so that an application never holds both at once.
        return new PaymentChanges
        {
            Inserted = [.. inserted.Values],
            Updated = [.. updated.Values],
            Transitions = [.. retracted, .. transitions],
        };

        void Set(PaymentId id, Payment payment, PaymentEventKind kind)
        {
            stored[id] = payment;
            // A payment that this very batch inserted is written once, as it is in the end.
            (inserted.ContainsKey(id) ? inserted : updated)[id] = payment;
            transitions.Add(new PaymentTransition(kind, payment));
        }

        Payment Detect(PaymentFound one, PaymentId id) => Create(chain, one, id, references(one.Transfer.To), at);
    }

    /// <summary>The payment as it is right after its first detection.</summary>
    public static Payment Create(Chain chain, PaymentFound found, PaymentId id, PaymentReference? reference, DateTimeOffset at) => new()
    {
        Chain = chain.Name,
        Id = id,
        TransactionId = chain.Format.FormatHash(id.TransactionId),
        To = found.Transfer.To,
        Address = chain.Format.FormatAddress(found.Transfer.To),
        From = found.Transfer.From,
        Asset = found.Transfer.Asset.Symbol,
        Amount = found.Transfer.Amount,
        Tag = found.Transfer.Tag,
        Status = PaymentStatus.Detected,
        Block = found.Block,
        ConfirmationMark = found.ConfirmationMark,
        ConfirmationHeight = found.ConfirmationHeight,
        DetectedAt = at,
        Reference = reference,
    };

    private static bool IsSame(ChainFormat format, Payment payment, Transfer transfer) =>
        format.IsSameTaker(payment.To, transfer.To, transfer.Tag) &&
        payment.Amount == transfer.Amount &&
        string.Equals(payment.Asset, transfer.Asset.Symbol, StringComparison.Ordinal) &&
        string.Equals(payment.Tag, transfer.Tag, StringComparison.Ordinal);
}
