namespace ChainWatch.Cli;

/// <summary>What the exit codes say. 75 and 78 are those of a host of ChainWatch.</summary>
internal static class ExitCode
{
    public const int Fine = 0;

    /// <summary>A check has found something wrong.</summary>
    public const int Found = 1;

    /// <summary>What was asked for cannot be done.</summary>
    public const int Refused = 2;

    /// <summary>The database cannot be reached now.</summary>
    public const int Unavailable = 75;

    /// <summary>The configuration is wrong.</summary>
    public const int Configuration = 78;
}
