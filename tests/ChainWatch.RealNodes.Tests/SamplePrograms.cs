namespace ChainWatch.RealNodes.Tests;

/// <summary>The samples, as they were published (see test.sh), or else built, beside the tests.</summary>
internal static class SamplePrograms
{
    /// <summary>
    /// The program of a sample. Published programs are compiled ahead of time, as they are deployed: dozens of processes that each compile themselves anew would take the machine
    /// from what the tests are about. One that is older than what was built since is passed over.
    /// </summary>
    public static string PathOf(string sample)
    {
        // Beside the tests' own folder: artifacts/bin/<project>/<configuration>.
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var built = Path.Combine(own.Parent!.Parent!.FullName, sample, own.Name, sample);
        var published = Path.Combine(own.Parent.Parent.Parent!.FullName, "published", sample, sample);
        if (LastWrittenIn(published) > LastWrittenIn(built))
        {
            return published;
        }

        return File.Exists(built) ? built : throw new InvalidOperationException($"There is no {built}: build samples/{sample}.");
    }

    private static DateTime LastWrittenIn(string program) =>
        // One that is compiled natively is a single file.
        File.Exists(program)
            ? Directory.EnumerateFiles(Path.GetDirectoryName(program)!, "ChainWatch*.dll").Select(File.GetLastWriteTimeUtc).DefaultIfEmpty(File.GetLastWriteTimeUtc(program)).Max()
            : DateTime.MinValue;
}
