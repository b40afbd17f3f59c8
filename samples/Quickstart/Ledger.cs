using System.Collections.Concurrent;
using System.Numerics;
using ChainWatch;

namespace Quickstart;

/// <summary>The application's books: what each order has been paid, as its handler was told. With PostgreSQL this would be a table of yours, written in the delivery's transaction.</summary>
public sealed class Ledger
{
    private readonly ConcurrentDictionary<PaymentId, (Payment Payment, bool Credited)> _payments = new();
    private readonly ConcurrentDictionary<PaymentEventKind, int> _counts = new();

    /// <summary>Whether the books were found to be what the chain says; nothing before they were compared.</summary>
    public bool? Agrees { get; set; }

    public void Expect(Payment payment) =>
        _payments.AddOrUpdate(payment.Id, (payment, false), (_, before) => (payment, before.Credited));

    public void Credit(Payment payment) => _payments[payment.Id] = (payment, true);

    public void Cancel(Payment payment) => _payments.TryRemove(payment.Id, out _);

    public void Count(PaymentEventKind kind) => _counts.AddOrUpdate(kind, 1, static (_, count) => count + 1);

    public int CountOf(PaymentEventKind kind) => _counts.GetValueOrDefault(kind);

    /// <summary>All payments that stand, with whether they are credited.</summary>
    public IReadOnlyDictionary<PaymentId, (Payment Payment, bool Credited)> Payments => _payments;

    /// <summary>What an order was paid in an asset, in its base unit: credited, or still waiting for it.</summary>
    public BigInteger Sum(string order, string asset, bool credited) => _payments.Values
        .Where(one => one.Credited == credited && one.Payment.Reference?.Id == order && one.Payment.Asset == asset)
        .Aggregate(BigInteger.Zero, static (sum, one) => sum + one.Payment.Amount);
}
