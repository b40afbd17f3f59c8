using System.Diagnostics;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>Runs the bare program or ChainWatch, each from the start of its process to its end, and counts what it found.</summary>
internal sealed class ProgramRunner : IAsyncDisposable
{
    private readonly ChainShape _shape;
    private readonly Arguments _arguments;
    private readonly PostgresServer _postgres;
    private int _schemas;

    private ProgramRunner(ChainShape shape, Arguments arguments, PostgresServer postgres)
    {
        _shape = shape;
        _arguments = arguments;
        _postgres = postgres;
    }

    public static async Task<ProgramRunner> StartAsync(ChainShape shape, Arguments arguments) => new(shape, arguments, await PostgresServer.StartNewAsync(new PostgresServerOptions
    {
        Settings = new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "8GB", ["checkpoint_timeout"] = "30min" },
    }));

    /// <summary>Several runs of both, by turns, so that what else the machine does meets both; the best of each.</summary>
    public async Task<(RunResult? Bound, RunResult Ours)> BestAsync(CatchUpCase one, ServerProcess server)
    {
        RunResult? bound = null;
        RunResult? ours = null;
        for (var round = 0; round < _arguments.Number("rounds", 1); round++)
        {
            bound = _arguments.Has("no-bound") ? null : Better(bound, await RunAsync("bare", one, strangers: 0, server));
            ours = Better(ours, await RunAsync("watch", one, strangers: 0, server));
        }

        return (bound, ours!);
    }

    /// <param name="program"><c>bare</c> or <c>watch</c>.</param>
    /// <param name="one">What is looked for.</param>
    /// <param name="strangers">How many addresses ChainWatch watches besides that the chain never pays.</param>
    /// <param name="server">The chain.</param>
    public async Task<RunResult> RunAsync(string program, CatchUpCase one, int strangers, ServerProcess server)
    {
        var schema = $"run_{++_schemas}";
        if (program == "bare")
        {
            await BareProgram.PrepareAsync(_postgres.ConnectionString, schema);
        }
        else
        {
            await WatchingProgram.PrepareAsync(_shape, one, strangers, _postgres.ConnectionString, schema);
        }

        await _postgres.ExecuteAsync("checkpoint");
        var before = await server.ReadCountersAsync();
        var postgresBefore = PostgresTime.Seconds(_postgres);
        var started = Stopwatch.GetTimestamp();
        using var process = ChildProgram.Start(
            [program, "--case", one.Name, "--url", server.Url.AbsoluteUri, "--postgres", _postgres.ConnectionString, "--schema", schema, "--batch", _arguments.Text("batch", "100"),
            .. _arguments.Has("verbose") ? ["--verbose"] : (string[])[],
            .. _shape.Arguments]);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (process.ExitCode != 0 || _arguments.Has("verbose"))
        {
            Console.Error.WriteLine(output);
        }

        var report = ProgramReport.Parse(output.TrimEnd().Split('\n')[^1]);
        var after = await server.ReadCountersAsync();
        var postgresAfter = PostgresTime.Seconds(_postgres);
        var rows = await CountAsync(program == "bare" ? $"select count(*) from {schema}.transfer" : $"select count(*) from {schema}.payment where status <> 'retracted'");
        if (rows != one.Expected(_shape))
        {
            throw new InvalidOperationException($"Case {one.Name}: {program} found {rows} transfers, {one.Expected(_shape)} are there.");
        }

        await _postgres.ExecuteAsync($"drop schema {schema} cascade");
        return new RunResult(program, seconds, Stopwatch.GetElapsedTime(started, report.FirstBlock).TotalSeconds, report.ProcessorSeconds, report.Megabytes, rows, after.Since(before), postgresAfter - postgresBefore);
    }

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    private static RunResult Better(RunResult? one, RunResult other) => one is null || other.Seconds < one.Seconds ? other : one;

    private async Task<long> CountAsync(string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(_postgres.ConnectionString + ";Pooling=false");
        await using var command = dataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
