namespace ChainWatch;

/// <summary>Payments of addresses that are no longer watched, to be looked for in the branch that replaces their blocks.</summary>
internal sealed class UnwatchedPayments
{
    private readonly HashSet<PaymentId> _ids;

    public UnwatchedPayments(int keyLength, IReadOnlyList<Payment> payments)
    {
        _ids = [.. payments.Select(static payment => payment.Id)];
        Keys = [.. payments.Select(static payment => payment.To).Distinct()];
        Addresses = AddressSet.Create(keyLength, Keys.Count).Add(Keys);
    }

    public IReadOnlyList<AddressKey> Keys { get; }

    public AddressSet Addresses { get; }

    public bool IsEmpty => _ids.Count == 0;

    public bool Contains(Transfer transfer) => _ids.Contains(new PaymentId(transfer.TransactionId, transfer.Ordinal));
}
