using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>What a payment handler can reach when its deliveries come from PostgreSQL.</summary>
public static class PostgresPaymentContextExtensions
{
    /// <summary>
    /// The connection in whose transaction the delivery is acknowledged. What the handler writes through it is stored if, and only if, the event counts as delivered:
    /// exactly once. It belongs to the delivery: do not close it, and do not keep it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The delivery does not come from PostgreSQL.</exception>
    public static NpgsqlConnection GetConnection(this PaymentContext context) => DeliveryOf(context).Connection;

    /// <summary>The transaction in which the delivery is acknowledged. ChainWatch commits it when the handler returns, and rolls it back when the handler throws: do neither.</summary>
    /// <exception cref="InvalidOperationException">The delivery does not come from PostgreSQL.</exception>
    public static NpgsqlTransaction GetTransaction(this PaymentContext context) => DeliveryOf(context).Transaction;

    private static PostgresDelivery DeliveryOf(PaymentContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Delivery as PostgresDelivery ?? throw new InvalidOperationException(
            $"The delivery comes from {context.Delivery.GetType().Name}, which has no PostgreSQL connection. Call watch.UsePostgres(…) so that payments are stored in, and delivered from, PostgreSQL.");
    }
}
