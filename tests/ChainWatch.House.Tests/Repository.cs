using System.Diagnostics;

namespace ChainWatch.House.Tests;

/// <summary>The repository that the tests look at.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>ChainWatch.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The packages: the names of the folders under <c>src/</c>.</summary>
    public static IReadOnlyList<string> Packages { get; } =
        [.. Directory.GetDirectories(Path.Combine(Root, "src")).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    /// <summary>Every file that is in the repository or would be added to it, relative to the root.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Git("ls-files", "--cached", "--others", "--exclude-standard").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(file => File.Exists(PathOf(file)))];

    public static string PathOf(string file) => Path.Combine(Root, file);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ChainWatch.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"There is no ChainWatch.sln above {AppContext.BaseDirectory}: the house tests run from inside the repository only.");
    }

    private static string Git(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, WorkingDirectory = Root })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with exit code {process.ExitCode}.");
    }
}
