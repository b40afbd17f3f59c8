using System.Diagnostics;

namespace ChainWatch.Deploy.Tests;

/// <summary>A program that judges files of <c>deploy/</c>: promtool, amtool, nginx. One that is missing is a failure: eng/provision.sh fetches them all.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end. What it said, both outputs together, and its exit code.</summary>
    public static async Task<(int ExitCode, string Said)> RunAsync(string name, params IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Find(name), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }

    public static string Find(string name)
    {
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), Repository.PathOf(".tools", "bin"), "/usr/sbin"];
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"There is no {name} on this machine: run eng/provision.sh, which fetches it.");
    }
}
