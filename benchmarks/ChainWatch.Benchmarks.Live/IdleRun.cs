using System.Diagnostics;
using System.Globalization;
using ChainWatch.Benchmarks.CatchUp;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Benchmarks.Live;

/// <summary>P9: what a host of ten chains and a million addresses costs while nothing happens.</summary>
internal sealed class IdleRun(Arguments arguments)
{
    public async Task RunAsync()
    {
        var chains = arguments.Number("chains", 10);
        var addresses = arguments.Number("addresses", 1_000_000);
        var seconds = arguments.Number("seconds", 30);
        ChainShape shape = new() { Blocks = 500 };
        await using var postgres = await PostgresServer.StartNewAsync();
        await EvmHost.PrepareAsync(shape, chains, 100, addresses / chains, postgres.ConnectionString);
        using var server = await ServerProcess.StartAsync(shape);
        using var child = ChildProgram.Start(
            ["watch", "--chains", $"{chains}", "--url", server.Url.AbsoluteUri, "--postgres", postgres.ConnectionString, "--caught-up", $"{shape.LastHeight}", .. shape.Arguments,
            .. arguments.Has("verbose") ? ["--verbose"] : (string[])[]],
            keepInput: true);
        Console.WriteLine("  " + await child.StandardOutput.ReadLineAsync());
        // What starting and catching up have left to do, compiling included, is not part of it.
        await Task.Delay(TimeSpan.FromSeconds(arguments.Number("settle", 15)));
        var before = child.TotalProcessorTime;
        var requests = await server.ReadCountersAsync();
        var postgresBefore = PostgresTime.Seconds(postgres);
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        child.Refresh();
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var percent = (child.TotalProcessorTime - before).TotalSeconds / elapsed * 100;
        var megabytes = child.WorkingSet64 / 1e6;
        var postgresPercent = (PostgresTime.Seconds(postgres) - postgresBefore) / elapsed * 100;
        var asked = (await server.ReadCountersAsync()).Since(requests);
        child.StandardInput.Close();
        await child.WaitForExitAsync();
        Figures.Tell("P9", "memory", "350MB", megabytes.ToString("f0", CultureInfo.InvariantCulture) + "MB", megabytes / 350, "<=1.00");
        Figures.Tell("P9", "idle-cpu", "2%", percent.ToString("f2", CultureInfo.InvariantCulture) + "%", percent / 2, "<=1.00");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  PostgreSQL {postgresPercent:f2} % of a core, {asked.Requests / elapsed:f1} requests/s of {(double)asked.Calls / asked.Requests:f1} calls"));
    }
}
