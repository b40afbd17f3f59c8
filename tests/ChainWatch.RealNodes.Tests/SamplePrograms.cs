namespace ChainWatch.RealNodes.Tests;

/// <summary>The samples, as they were built beside the tests.</summary>
internal static class SamplePrograms
{
    public static string PathOf(string sample)
    {
        // Beside the tests' own folder: artifacts/bin/<project>/<configuration>.
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(own.Parent!.Parent!.FullName, sample, own.Name, sample);
        return File.Exists(program) ? program : throw new InvalidOperationException($"There is no {program}: build samples/{sample}.");
    }
}
