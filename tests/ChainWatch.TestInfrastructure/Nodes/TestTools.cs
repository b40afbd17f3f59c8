namespace ChainWatch.TestInfrastructure;

/// <summary>The programs that <c>eng/provision.sh</c> installs. A missing one fails a test; it is not skipped.</summary>
public static class TestTools
{
    /// <summary>The folder of the tools: <c>CHAINWATCH_TOOLS</c>, or <c>.tools</c> in the repository.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("CHAINWATCH_TOOLS") is { Length: > 0 } folder ? folder : Path.Combine(FindRepository(), ".tools");

    /// <summary>The repository's own folder.</summary>
    public static string RepositoryRoot => FindRepository();

    /// <summary>The path of a tool.</summary>
    /// <param name="parts">Its place under <see cref="Root"/>.</param>
    public static string PathOf(params string[] parts)
    {
        var path = Path.Combine([Root, .. parts]);
        return File.Exists(path) || Directory.Exists(path)
            ? path
            : throw new InvalidOperationException($"{string.Join('/', parts)} is missing. Run eng/provision.sh; it installs what the tests need into .tools/.");
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ChainWatch.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"There is no ChainWatch.sln above {AppContext.BaseDirectory}. Name the folder of the tools in CHAINWATCH_TOOLS.");
    }
}
