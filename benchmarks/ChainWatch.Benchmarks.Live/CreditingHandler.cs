using ChainWatch.Postgres;
using Npgsql;

namespace ChainWatch.Benchmarks.Live;

/// <summary>Writes one row for each event, in the delivery's transaction.</summary>
internal sealed class CreditingHandler(CreditingInstance instance) : IPaymentHandler
{
    public async Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand insert = new("insert into bare.credit (instance, event, amount) values ($1, $2, $3)", context.GetConnection(), context.GetTransaction());
        insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = instance.Number });
        insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = context.Event.Sequence });
        insert.Parameters.Add(new NpgsqlParameter { Value = context.Payment.Amount });
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
