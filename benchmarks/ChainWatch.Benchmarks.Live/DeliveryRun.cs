using System.Diagnostics;
using System.Globalization;
using ChainWatch.Benchmarks.CatchUp;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChainWatch.Benchmarks.Live;

/// <summary>P8: deliveries a second, by a handler that writes one row in the delivery's transaction, on one instance and on two.</summary>
internal sealed class DeliveryRun(Arguments arguments)
{
    public async Task RunAsync()
    {
        var events = arguments.Number("events", 20_000);
        await using var postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions
        {
            Settings = new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "8GB", ["checkpoint_timeout"] = "30min" },
        });
        using (var host = EvmHost.Build(new ChainShape(), 1, new Uri("http://127.0.0.1:1"), postgres.ConnectionString))
        {
            await host.Services.GetRequiredService<IWatchStore>().InitializeAsync(CancellationToken.None);
        }

        await using var dataSource = NpgsqlDataSource.Create(postgres.ConnectionString);
        await ExecuteAsync(dataSource, "create schema bare; create table bare.credit (instance integer not null, event bigint primary key, amount numeric not null, at timestamptz not null default clock_timestamp())");
        var bare = await MeasureAsync(postgres, dataSource, "bare-deliver", 1, events);
        var one = await MeasureAsync(postgres, dataSource, "deliver", 1, events);
        var unflushed = await MeasureAsync(postgres, dataSource, "deliver", 1, events, "--unflushed");
        var bareTwo = await MeasureAsync(postgres, dataSource, "bare-deliver", 2, events);
        var two = await MeasureAsync(postgres, dataSource, "deliver", 2, events);
        Figures.Tell("P8", "one-instance", Figures.Rate(bare), Figures.Rate(one), one / bare, ">=5000/s");
        Figures.Tell("P8", "one-instance-unflushed", Figures.Rate(bare), Figures.Rate(unflushed), unflushed / bare, ">=5000/s");
        Figures.Tell("P8", "two-instances", string.Create(CultureInfo.InvariantCulture, $"{bareTwo / bare:f2}x"), string.Create(CultureInfo.InvariantCulture, $"{two / one:f2}x"), two / one, ">=1.60x");
    }

    private async Task<double> MeasureAsync(PostgresServer postgres, NpgsqlDataSource dataSource, string program, int instances, int events, params string[] more)
    {
        await ExecuteAsync(
            dataSource,
            $"""
            truncate bare.credit, {EvmHost.Schema}.payment_event, {EvmHost.Schema}.outbox;
            insert into {EvmHost.Schema}.payment_event (chain, tx_id, ordinal, kind, address, key, from_address, asset, amount, status, block_height, block_hash, block_slot,
                confirmation_mark, confirmation_height, detected_at, occurred_at, reference_type, reference_id)
            select 'chain0', '0x' || encode(sha256(i::text::bytea), 'hex'), i % 3, 'detected', '0x' || substr(md5(i::text), 1, 8) || md5(i::text), substr(sha256(i::text::bytea), 1, 20),
                '0x' || substr(md5(i::text), 9, 8) || md5(i::text), 'T0', 1000000 + i, 'detected', 100 + i / 20, '0x' || encode(sha256((i / 20)::text::bytea), 'hex'), 0,
                'head', 112 + i / 20, now(), now(), 'order', i::text from generate_series(1, {events}) i;
            insert into {EvmHost.Schema}.outbox (sequence, chain, tx_id, ordinal, occurred_at, due_at)
            select sequence, chain, tx_id, ordinal, occurred_at, occurred_at from {EvmHost.Schema}.payment_event;
            """);
        await ExecuteAsync(dataSource, "vacuum analyze");
        await ExecuteAsync(dataSource, "checkpoint");
        var postgresBefore = PostgresTime.Seconds(postgres);
        Process[] children = [.. Enumerable.Range(0, instances).Select(instance => ChildProgram.Start(
            [program, "--instance", $"{instance}", "--postgres", postgres.ConnectionString, "--parallelism", arguments.Text("parallelism", "8"), .. more, .. arguments.Has("verbose") ? ["--verbose"] : (string[])[]], keepInput: true))];
        while (await ScalarAsync<long>(dataSource, $"select count(*) from (select from {EvmHost.Schema}.outbox limit 1) one") > 0)
        {
            await Task.Delay(100);
        }

        var own = children.Sum(static child => child.HasExited ? 0 : child.TotalProcessorTime.TotalMilliseconds) * 1000 / events;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {program} x {instances}{string.Concat(more)}: an event takes {own:f0} us of processor time, and {(PostgresTime.Seconds(postgres) - postgresBefore) * 1e6 / events:f0} us in PostgreSQL; starting included"));
        foreach (var child in children)
        {
            child.StandardInput.Close();
            await child.WaitForExitAsync();
            child.Dispose();
        }

        var written = await ScalarAsync<long>(dataSource, "select count(*) from bare.credit");
        if (written != events)
        {
            throw new InvalidOperationException($"{written} rows were written for {events} events.");
        }

        // While all of them were at work, and no longer compiling.
        return await ScalarAsync<double>(
            dataSource,
            """
            with span as (
                select max(first) + (min(last) - max(first)) / 4 as begins, min(last) as ends from (select min(at) as first, max(at) as last from bare.credit group by instance) as one)
            select count(*) / extract(epoch from ends - begins)::double precision from bare.credit, span where at between begins and ends group by begins, ends
            """);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
