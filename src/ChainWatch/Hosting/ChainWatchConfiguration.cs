namespace ChainWatch;

/// <summary>Where ChainWatch's configuration lies.</summary>
public static class ChainWatchConfiguration
{
    /// <summary>The section that holds all of it.</summary>
    public const string Section = "ChainWatch";

    /// <summary>The configuration path of a chain.</summary>
    public static string ChainPath(string chain) => $"{Section}:Chains:{chain}";
}
