using System.Globalization;

namespace ChainWatch;

/// <summary>How scopes are named: what one leader owns, a chain or one partition of a chain's address space.</summary>
public static class WatchScope
{
    /// <summary>The scope's name: the chain's, with the partition behind it where there is more than the first.</summary>
    public static string For(Chain chain, int partition)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return partition == 0 ? chain.Name : string.Create(CultureInfo.InvariantCulture, $"{chain.Name}/{partition}");
    }
}
