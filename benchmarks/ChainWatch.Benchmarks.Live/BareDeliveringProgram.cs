using System.Numerics;
using ChainWatch.Benchmarks.CatchUp;
using Npgsql;

namespace ChainWatch.Benchmarks.Live;

/// <summary>
/// The bound of P8: workers that take an event, write a row and delete the event, in one transaction each and in as many round trips as a handler of its own allows, with
/// prepared statements. No order among a payment's events, no attempts, no timeouts, no savepoint.
/// </summary>
internal static class BareDeliveringProgram
{
    private const string Take =
        """
        select o.sequence, o.due_at, e.kind, e.occurred_at, e.chain, e.tx_id, e.ordinal, e.address, e.key, e.from_address, e.asset, e.amount, e.tag, e.status, e.block_height, e.block_hash,
            e.confirmation_mark, e.confirmation_height, e.detected_at, e.confirmed_at, e.reference_type, e.reference_id
        from chainwatch.outbox o join chainwatch.payment_event e on e.sequence = o.sequence
        where o.parked_at is null and (o.due_at, o.sequence) >= ($1, $2)
        order by o.due_at, o.sequence limit 1 for update of o skip locked
        """;

    public static async Task RunAsync(Arguments arguments)
    {
        var connectionString = arguments.Text("postgres", "");
        await Task.WhenAll(Enumerable.Range(0, arguments.Number("parallelism", 8)).Select(_ => WorkAsync(connectionString, arguments.Number("instance", 0))));
    }

    private static async Task WorkAsync(string connectionString, int instance)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync();
        await using (NpgsqlCommand plans = new("set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_sort = off", connection))
        {
            await plans.ExecuteNonQueryAsync();
        }

        NpgsqlParameter<DateTime> due = new() { TypedValue = DateTime.MinValue, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz };
        NpgsqlParameter<long> place = new();
        await using NpgsqlBatch take = new(connection) { BatchCommands = { new("begin"), new(Take) { Parameters = { due, place } } } };
        await take.PrepareAsync();
        NpgsqlParameter<long> written = new();
        NpgsqlParameter<BigInteger> amount = new();
        await using NpgsqlCommand insert = new("insert into bare.credit (instance, event, amount) values ($1, $2, $3)", connection)
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = instance }, written, amount },
        };
        await insert.PrepareAsync();
        NpgsqlParameter<long> done = new();
        await using NpgsqlBatch end = new(connection) { BatchCommands = { new("delete from chainwatch.outbox where sequence = $1") { Parameters = { done } }, new("commit") } };
        await end.PrepareAsync();
        await using NpgsqlCommand giveUp = new("rollback", connection);
        while (true)
        {
            var found = false;
            await using (var reader = await take.ExecuteReaderAsync())
            {
                if (await reader.ReadAsync())
                {
                    found = true;
                    place.TypedValue = written.TypedValue = done.TypedValue = reader.GetInt64(0);
                    due.TypedValue = reader.GetDateTime(1);
                    amount.TypedValue = reader.GetFieldValue<BigInteger>(11);
                    await reader.NextResultAsync();
                }
            }

            if (!found)
            {
                await giveUp.ExecuteNonQueryAsync();
                if (place.TypedValue == 0)
                {
                    return;
                }

                place.TypedValue = 0;
                due.TypedValue = DateTime.MinValue;
                continue;
            }

            await insert.ExecuteNonQueryAsync();
            await end.ExecuteNonQueryAsync();
        }
    }
}
