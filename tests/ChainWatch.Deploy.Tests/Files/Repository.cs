namespace ChainWatch.Deploy.Tests;

/// <summary>The files that the tests look at.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>ChainWatch.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Read(params string[] parts) => File.ReadAllText(PathOf(parts));

    /// <summary>The files of a folder, by a pattern, in order.</summary>
    public static IReadOnlyList<string> List(string folder, string pattern) =>
        [.. Directory.GetFiles(PathOf(folder.Split('/')), pattern).Order(StringComparer.Ordinal)];

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ChainWatch.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"There is no ChainWatch.sln above {AppContext.BaseDirectory}: these tests run from inside the repository only.");
    }
}
