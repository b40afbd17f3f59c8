namespace ChainWatch.Postgres;

/// <summary>A payment whose records differ from the chain.</summary>
/// <param name="Rebuilt">As the chain holds it; <see langword="null"/> where it does not.</param>
/// <param name="Recorded">Its row; <see langword="null"/> where there is none.</param>
/// <param name="Told">As its last event says, which is what the application knows; <see langword="null"/> where there is none.</param>
internal sealed record RebuildCorrection(Payment? Rebuilt, Payment? Recorded, Payment? Told)
{
    private const string CauseDropped = "rebuild: the chain does not hold it";
    private const string CauseChanged = "rebuild: its transaction pays differently";

    /// <summary>What the application is taken to know of it.</summary>
    public Payment? Known => Told ?? Recorded;

    /// <summary>
    /// What makes the records right, by the rules of a reorg that replaced all of these blocks. The events lead there from what was told: a row that differs from it, and not from the chain, is
    /// corrected without any.
    /// </summary>
    /// <param name="chain">The chain.</param>
    /// <param name="fromHeight">The first block of the rebuild.</param>
    /// <param name="corrections">What differs.</param>
    /// <param name="references">What watched addresses stand for now.</param>
    /// <param name="at">The time.</param>
    public static PaymentChanges Resolve(
        Chain chain, long fromHeight, IReadOnlyList<RebuildCorrection> corrections, IReadOnlyDictionary<AddressKey, PaymentReference?> references, DateTimeOffset at)
    {
        Payment[] known = [.. corrections.Select(static one => one.Known).OfType<Payment>()];
        long above = known.Select(static one => one.Block.Height).Append(fromHeight).Min() - 1;
        PaymentChanges changes = PaymentTransitions.Resolve(
            chain, new ChainPoint(above, default), [.. corrections.Select(static one => one.Rebuilt).OfType<Payment>().Select(payment => Found(chain, payment))], known,
            key => references.TryGetValue(key, out PaymentReference? reference) ? reference : known.FirstOrDefault(one => one.To == key)?.Reference, at);
        Dictionary<PaymentId, Payment> states = changes.Inserted.Concat(changes.Updated).ToDictionary(static one => one.Id);
        foreach (RebuildCorrection one in corrections)
        {
            if (one.Known is { } payment)
            {
                states.TryAdd(payment.Id, one.Rebuilt is { } rebuilt ? payment with { Address = rebuilt.Address } : payment);
            }
        }

        HashSet<PaymentId> rows = [.. corrections.Select(static one => one.Recorded).OfType<Payment>().Select(static one => one.Id)];
        return new PaymentChanges
        {
            Inserted = [.. states.Values.Where(one => !rows.Contains(one.Id))],
            Updated = [.. states.Values.Where(one => rows.Contains(one.Id))],
            Transitions = [.. changes.Transitions.Select(static one => one.Cause switch
            {
                PaymentTransitions.CauseDropped => new PaymentTransition(one.Kind, one.Payment, CauseDropped),
                PaymentTransitions.CauseChanged => new PaymentTransition(one.Kind, one.Payment, CauseChanged),
                _ => one,
            })],
        };
    }

    private static PaymentFound Found(Chain chain, Payment payment) => new()
    {
        Transfer = new Transfer
        {
            TransactionId = payment.Id.TransactionId,
            Ordinal = payment.Id.Ordinal,
            To = payment.To,
            From = payment.From,
            Asset = chain.Assets.FirstOrDefault(asset => string.Equals(asset.Symbol, payment.Asset, StringComparison.Ordinal)) ?? new Asset { Symbol = payment.Asset, Decimals = 0 },
            Amount = payment.Amount,
            Tag = payment.Tag,
        },
        Block = payment.Block,
        ConfirmationMark = payment.ConfirmationMark,
        ConfirmationHeight = payment.ConfirmationHeight,
    };
}
