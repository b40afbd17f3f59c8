using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ChainWatch.TestInfrastructure;

/// <summary>Where a version's programs are, and how they are run: never as root, which PostgreSQL refuses.</summary>
internal sealed class PostgresServerBinaries
{
    private readonly string? _runAs;
    private readonly bool _isUnpacked;

    private PostgresServerBinaries(string directory, string? runAs, bool isUnpacked)
    {
        Directory = directory;
        _runAs = runAs;
        _isUnpacked = isUnpacked;
    }

    public string Directory { get; }

    /// <param name="oldestVersion">The oldest version that will do, where none is named.</param>
    /// <param name="named">The folder of a version that a test names.</param>
    public static PostgresServerBinaries Find(int oldestVersion, string? named)
    {
        string? given = named ?? (Environment.GetEnvironmentVariable(PostgresServer.BinVariable) is { Length: > 0 } variable ? variable : null);
        string directory = given ?? FindDirectory(oldestVersion);
        if (!File.Exists(Path.Combine(directory, "postgres")))
        {
            throw new InvalidOperationException($"There is no PostgreSQL in '{directory}'. Install postgresql-{oldestVersion} or newer, or name its bin folder in {PostgresServer.BinVariable}.");
        }

        string? runAs = null;
        if (string.Equals(Environment.UserName, "root", StringComparison.Ordinal))
        {
            runAs = new[] { "postgres", "nobody" }.FirstOrDefault(user => File.ReadLines("/etc/passwd").Any(line => line.StartsWith(user + ":", StringComparison.Ordinal)))
                ?? throw new InvalidOperationException("PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody'.");
        }

        return new PostgresServerBinaries(directory, runAs, isUnpacked: given is not null);
    }

    public string PathOf(string program) => Path.Combine(Directory, program);

    public ProcessStartInfo Command(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new() { WorkingDirectory = Path.GetTempPath(), UseShellExecute = false };
        if (_runAs is null)
        {
            start.FileName = program;
        }
        else
        {
            start.FileName = "runuser";
            foreach (string argument in new[] { "-u", _runAs, "--", program })
            {
                start.ArgumentList.Add(argument);
            }
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        string libraries = Path.Combine(Directory, "..", "lib");
        if (_isUnpacked && System.IO.Directory.Exists(libraries))
        {
            start.Environment["LD_LIBRARY_PATH"] = libraries;
        }

        return start;
    }

    public async Task RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = Command(PathOf(program), arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = StartOrExplain(start);
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await error}{await output}");
        }
    }

    private static Process StartOrExplain(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException($"{start.FileName} cannot be run: {exception.Message}", exception);
        }
    }

    private static string FindDirectory(int oldestVersion)
    {
        const string Root = "/usr/lib/postgresql";
        IEnumerable<(int Version, string Path)> installed = System.IO.Directory.Exists(Root)
            ? from directory in System.IO.Directory.EnumerateDirectories(Root)
              let isVersion = int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int _)
              where isVersion
              let version = int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture)
              let bin = Path.Combine(directory, "bin")
              where version >= oldestVersion && File.Exists(Path.Combine(bin, "postgres"))
              orderby version descending
              select (version, bin)
            : [];
        string? newest = installed.Select(one => one.Path).FirstOrDefault();
        string? onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(directory => File.Exists(Path.Combine(directory, "postgres")) && File.Exists(Path.Combine(directory, "initdb")));
        return newest ?? onPath
            ?? throw new InvalidOperationException(
                $"PostgreSQL is not installed: these tests need it. Install postgresql-{oldestVersion} or newer, or name its bin folder in {PostgresServer.BinVariable}.");
    }
}
