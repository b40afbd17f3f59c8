namespace ChainWatch;

/// <summary>The exit codes of a process that hosts ChainWatch, after sysexits.h.</summary>
public static class ChainWatchExitCode
{
    /// <summary>0: stopped on request.</summary>
    public const int Stopped = 0;

    /// <summary>70: an invariant was violated (finality violation, foreign schema). A restart does not help; a person must look.</summary>
    public const int InvariantViolated = 70;

    /// <summary>75: failed fast and worth a restart (silent feed, database or leadership lost beyond its limit).</summary>
    public const int RestartNeeded = 75;

    /// <summary>78: the configuration is wrong; the messages say where.</summary>
    public const int BadConfiguration = 78;
}
