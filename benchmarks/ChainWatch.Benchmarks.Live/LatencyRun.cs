using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using ChainWatch.Benchmarks.CatchUp;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.Benchmarks.Live;

/// <summary>
/// P7: how long it takes from a node's announcement of a block until what is in it can be read in the database. The node is in this process, and so is the listener that a
/// trigger of the database notifies at each commit.
/// </summary>
internal sealed class LatencyRun(Arguments arguments)
{
    private const int Paid = 1_000;

    private readonly ChainShape _shape = new() { Blocks = 100, Transactions = arguments.Number("transactions", 150), Logs = arguments.Number("logs", 290) };
    private readonly ConcurrentDictionary<long, long> _sent = [];

    public async Task RunAsync()
    {
        var addresses = arguments.Number("addresses", 1_000_000);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var dataSource = NpgsqlDataSource.Create(postgres.ConnectionString);
        await EvmHost.PrepareAsync(_shape, 1, Paid, addresses, postgres.ConnectionString);
        await BareTipProgram.PrepareAsync(dataSource);
        await NotifyAsync(dataSource, $"{EvmHost.Schema}.cursor");
        await NotifyAsync(dataSource, "bare.cursor");
        ChainAnswers answers = new(_shape);
        using StaticChainServer server = new(answers, TimeSpan.Zero);
        _ = server.RunAsync();

        foreach (var (rate, seconds, most50, most99) in new[] { (2, arguments.Number("slow-seconds", 30), 2.0, 8.0), (100, arguments.Number("fast-seconds", 10), double.NaN, 10.0) })
        {
            var bare = await MeasureAsync("bare-tip", rate, seconds, addresses, server, answers, postgres, dataSource);
            var ours = await MeasureAsync("watch", rate, seconds, addresses, server, answers, postgres, dataSource);
            var (bare50, bare99, ours50, ours99) = (Figures.Quantile(bare, 0.5), Figures.Quantile(bare, 0.99), Figures.Quantile(ours, 0.5), Figures.Quantile(ours, 0.99));
            Figures.Tell("P7", $"p50-at-{rate}/s", Figures.Milliseconds(bare50), Figures.Milliseconds(ours50), ours50 / bare50, double.IsNaN(most50) ? "none" : $"<={Figures.Milliseconds(most50)}");
            Figures.Tell("P7", $"p99-at-{rate}/s", Figures.Milliseconds(bare99), Figures.Milliseconds(ours99), ours99 / bare99, $"<={Figures.Milliseconds(most99)}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {ours.Count} of {rate * seconds} blocks told by a commit of their own, {bare.Count} by the bare program's"));
        }
    }

    private async Task<List<double>> MeasureAsync(
        string program, int rate, int seconds, int addresses, StaticChainServer server, ChainAnswers answers, PostgresServer postgres, NpgsqlDataSource dataSource)
    {
        await using (var command = dataSource.CreateCommand("checkpoint"))
        {
            await command.ExecuteNonQueryAsync();
        }

        using var child = ChildProgram.Start(
            [program, "--url", $"http://127.0.0.1:{server.Port}/", "--postgres", postgres.ConnectionString, "--caught-up", $"{answers.Head}", "--addresses", $"{addresses}",
            .. arguments.Has("verbose") ? ["--verbose"] : (string[])[], .. _shape.Arguments],
            keepInput: true);
        _ = await child.StandardOutput.ReadLineAsync();
        List<double> latencies = [];
        await using var listener = await dataSource.OpenConnectionAsync();
        listener.Notification += (_, notification) =>
        {
            if (_sent.TryRemove(long.Parse(notification.Payload, CultureInfo.InvariantCulture), out var sent))
            {
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
        };
        await using (NpgsqlCommand listen = new("listen moved", listener))
        {
            await listen.ExecuteNonQueryAsync();
        }

        using CancellationTokenSource stop = new();
        var listening = ListenAsync(listener, stop.Token);
        try
        {
            await SendAsync(server, answers, 20, 100);
            await Task.Delay(1000);
            _sent.Clear();
            latencies.Clear();
            await SendAsync(server, answers, rate, rate * seconds);
            await Task.Delay(1000);
        }
        finally
        {
            // A connection that waits cannot be given back, and its failure to be would hide what went wrong.
            await stop.CancelAsync();
            await listening;
        }

        _sent.Clear();
        child.StandardInput.Close();
        await child.WaitForExitAsync();
        return latencies;
    }

    private static async Task ListenAsync(NpgsqlConnection listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await listener.WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private async Task SendAsync(StaticChainServer server, ChainAnswers answers, int rate, int count)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var index = 0; index < count; index++)
        {
            var wait = TimeSpan.FromSeconds((double)index / rate) - Stopwatch.GetElapsedTime(begin);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }

            _sent[answers.Head + 1] = Stopwatch.GetTimestamp();
            server.Advance();
        }
    }

    private static async Task NotifyAsync(NpgsqlDataSource dataSource, string table)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            create or replace function moved() returns trigger language plpgsql as $$ begin perform pg_notify('moved', new.height::text); return null; end $$;
            create trigger moved after insert or update on {table} for each row execute function moved();
            """);
        await command.ExecuteNonQueryAsync();
    }
}
