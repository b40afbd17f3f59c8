namespace ChainWatch;

/// <summary>Another instance leads the scope now. Nothing of this instance's was written since.</summary>
public sealed class LeadershipLostException : ChainWatchException
{
    /// <summary>Creates the exception.</summary>
    public LeadershipLostException(string scope, long term)
        : base($"Term {term} of scope '{scope}' is over: another instance leads it.")
    {
    }
}
