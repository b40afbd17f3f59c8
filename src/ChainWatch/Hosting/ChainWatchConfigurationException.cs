namespace ChainWatch;

/// <summary>
/// The configuration is wrong. Each error names the configuration path, the value and the rule; a host ends with exit code
/// <see cref="ChainWatchExitCode.BadConfiguration"/>.
/// </summary>
public sealed class ChainWatchConfigurationException : ChainWatchException
{
    /// <summary>Creates the exception from one or more errors.</summary>
    public ChainWatchConfigurationException(params IReadOnlyList<string> errors)
        : base(string.Join(Environment.NewLine, errors))
    {
        Errors = errors;
    }

    /// <summary>All that is wrong, one sentence each.</summary>
    public IReadOnlyList<string> Errors { get; }
}
