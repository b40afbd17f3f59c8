using System.Numerics;

namespace ChainWatch;

/// <summary>An address while it is compared: what is known about it, and what was found so far.</summary>
/// <param name="chain">The chain.</param>
/// <param name="subject">The address.</param>
/// <param name="parts">The other watched addresses whose payments are part of its balance.</param>
internal sealed class ComparedAddress(Chain chain, ReconciliationSubject subject, IReadOnlyList<AddressKey> parts)
{
    private readonly List<Discrepancy> _found = [];

    public AddressKey Key => subject.Address.Key;

    /// <summary>The address, and the others whose payments are part of its balance.</summary>
    public IReadOnlyList<AddressKey> Keys { get; } = [subject.Address.Key, .. parts];

    /// <summary>True where what is paid to it is part of another address's balance.</summary>
    public bool IsPart => chain.Format.SharesBalances && chain.Format.BalanceOwnerOf(Key) != Key;

    public ReconciliationSubject Subject => subject;

    public IReadOnlyList<Discrepancy> Found => _found;

    /// <summary>The state that agrees now, where it does.</summary>
    public ReconciledState? Agreed { get; set; }

    public ReconciliationResult Result => DiscrepancyRules.ResultOf(_found);

    public void Add(Discrepancy one)
    {
        // A range may be looked into twice, once for its balance and once for its payments.
        if (!_found.Exists(other => other.Kind == one.Kind && other.TransactionId is not null && other.TransactionId == one.TransactionId && other.Ordinal == one.Ordinal))
        {
            _found.Add(one);
        }
    }

    public void Add(DiscrepancyKind kind, long from, long to, string details, Asset? asset = null, BigInteger? recorded = null, BigInteger? onChain = null) => Add(new Discrepancy
    {
        Address = subject.Address.Address,
        Result = DiscrepancyRules.ResultOf(kind),
        Kind = kind,
        Asset = asset?.Symbol,
        FromHeight = from,
        ToHeight = to,
        Recorded = recorded,
        OnChain = onChain,
        Details = details,
    });

    public void Add(DiscrepancyKind kind, PaymentId id, long height, string? asset, BigInteger? recorded, BigInteger? onChain, string details) => Add(new Discrepancy
    {
        Address = subject.Address.Address,
        Result = DiscrepancyRules.ResultOf(kind),
        Kind = kind,
        Asset = asset,
        TransactionId = chain.Format.FormatHash(id.TransactionId),
        Ordinal = id.Ordinal,
        FromHeight = height,
        ToHeight = height,
        Recorded = recorded,
        OnChain = onChain,
        Details = details,
    });

    public void Replace(int index, Discrepancy one) => _found[index] = one;
}
