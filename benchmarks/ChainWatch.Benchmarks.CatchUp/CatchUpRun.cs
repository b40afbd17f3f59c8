using System.Diagnostics;
using System.Globalization;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>Runs the bare program and ChainWatch on the same chain, one after the other, each from the start of its process to its end.</summary>
internal sealed class CatchUpRun(ChainShape shape, Arguments arguments)
{
    private int _schemas;

    public async Task RunAsync()
    {
        await using var postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions
        {
            Settings = new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "8GB", ["checkpoint_timeout"] = "30min" },
        });
        var rounds = arguments.Number("rounds", 1);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{shape.Blocks} blocks of {shape.Transactions} transactions and {shape.Logs} logs; {Environment.ProcessorCount} cores; {DateTime.UtcNow:yyyy-MM-dd}"));
        Console.WriteLine("| case | delay | program | blocks/s | of the bound | s | cpu s: own, server, PostgreSQL | MB | rows | requests | calls |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var delay in arguments.Text("delay", "0,20").Split(',').Select(static text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            using var server = await ServerProcess.StartAsync(shape, "--delay", $"{delay}");
            foreach (var one in arguments.Text("cases", "a,b,c,n").Split(',').Select(CatchUpCase.Of))
            {
                var bound = arguments.Has("no-bound") ? null : await BestAsync(rounds, () => RunOneAsync("bare", one, server, postgres));
                var ours = await BestAsync(rounds, () => RunOneAsync("watch", one, server, postgres));
                foreach (var result in new[] { bound, ours }.OfType<RunResult>())
                {
                    var ratio = bound is null ? "" : (bound.Seconds / result.Seconds).ToString("f2", CultureInfo.InvariantCulture);
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {one.Name} | {delay} ms | {result.Program} | {shape.Blocks / result.Seconds:n0} | {ratio} | {result.Seconds:f2} | {result.ProcessorSeconds:f1}, {result.Server.Cpu / 1000:f1}, {result.PostgresSeconds:f1} | {result.Megabytes:f0} | {result.Rows:n0} | {result.Server.Requests:n0} | {result.Server.Calls:n0} |"));
                }
            }
        }
    }

    private static async Task<RunResult> BestAsync(int rounds, Func<Task<RunResult>> run)
    {
        var best = await run();
        for (var round = 1; round < rounds; round++)
        {
            var next = await run();
            best = next.Seconds < best.Seconds ? next : best;
        }

        return best;
    }

    private async Task<RunResult> RunOneAsync(string program, CatchUpCase one, ServerProcess server, PostgresServer postgres)
    {
        var schema = $"run_{++_schemas}";
        if (program == "bare")
        {
            await BareProgram.PrepareAsync(postgres.ConnectionString, schema);
        }
        else
        {
            await WatchingProgram.PrepareAsync(shape, one, postgres.ConnectionString, schema);
        }

        await postgres.ExecuteAsync("checkpoint");
        var before = await server.ReadCountersAsync();
        var postgresBefore = PostgresTime.Seconds(postgres);
        var started = Stopwatch.GetTimestamp();
        using var process = ChildProgram.Start(
            [program, "--case", one.Name, "--url", server.Url.AbsoluteUri, "--postgres", postgres.ConnectionString, "--schema", schema, "--batch", arguments.Text("batch", "100"),
            .. arguments.Has("verbose") ? ["--verbose"] : (string[])[],
            .. shape.Arguments]);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (process.ExitCode != 0 || arguments.Has("verbose"))
        {
            Console.Error.WriteLine(output);
        }

        var numbers = output.TrimEnd().Split('\n')[^1].Split(' ').Select(static number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        var after = await server.ReadCountersAsync();
        var postgresAfter = PostgresTime.Seconds(postgres);
        var rows = await CountAsync(postgres, program == "bare" ? $"select count(*) from {schema}.transfer" : $"select count(*) from {schema}.payment where status <> 'retracted'");
        if (rows != one.Expected(shape))
        {
            throw new InvalidOperationException($"Case {one.Name}: {program} found {rows} transfers, {one.Expected(shape)} are there.");
        }

        await postgres.ExecuteAsync($"drop schema {schema} cascade");
        return new RunResult(program, seconds, numbers[1], numbers[0], rows, after.Since(before), postgresAfter - postgresBefore);
    }

    private static async Task<long> CountAsync(PostgresServer postgres, string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(postgres.ConnectionString + ";Pooling=false");
        await using var command = dataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
