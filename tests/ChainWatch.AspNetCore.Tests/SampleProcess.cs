using System.Diagnostics;

namespace ChainWatch.AspNetCore.Tests;

/// <summary>A sample, run to its end as a process of its own, with its two outputs apart.</summary>
internal sealed class SampleProcess
{
    public required int ExitCode { get; init; }

    public required string Output { get; init; }

    public required string Error { get; init; }

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The folder that a sample was built into: beside the tests' own.</summary>
    public static string FolderOf(string sample)
    {
        DirectoryInfo own = new(AppContext.BaseDirectory);
        return Path.Combine(own.Parent!.Parent!.FullName, sample, own.Name);
    }

    public static async Task<SampleProcess> RunAsync(string sample, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        ProcessStartInfo start = new(Path.Combine(FolderOf(sample), sample), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new SampleProcess { ExitCode = process.ExitCode, Output = await output, Error = await error };
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
