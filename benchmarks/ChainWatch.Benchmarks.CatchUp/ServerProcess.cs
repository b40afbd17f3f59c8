using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>The static chain server in a process of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http = new();

    private ServerProcess(Process process, int port)
    {
        _process = process;
        Url = new Uri($"http://127.0.0.1:{port}/");
    }

    public Uri Url { get; }

    public static async Task<ServerProcess> StartAsync(ChainShape shape, params IEnumerable<string> arguments)
    {
        var process = ChildProgram.Start(["serve", .. shape.Arguments, .. arguments], keepInput: true);
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start.");
        return new ServerProcess(process, int.Parse(line, CultureInfo.InvariantCulture));
    }

    public async Task<ServerCounters> ReadCountersAsync() =>
        JsonSerializer.Deserialize(await AskAsync("bench_counters"), ServerJson.Default.ServerCounters)!;

    /// <summary>The heights that were announced since the last time, and when.</summary>
    public async Task<long[][]> ReadAnnouncedAsync() => JsonSerializer.Deserialize(await AskAsync("bench_announced"), ServerJson.Default.Int64ArrayArray)!;

    public void Dispose()
    {
        // It ends with its input.
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
    }

    private async Task<string> AskAsync(string method)
    {
        using StringContent content = new($$"""{"method":"{{method}}"}""");
        using var response = await _http.PostAsync(Url, content);
        return await response.Content.ReadAsStringAsync();
    }
}
