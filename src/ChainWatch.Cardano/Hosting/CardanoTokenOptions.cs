namespace ChainWatch.Cardano;

/// <summary>A native asset that is watched. Anyone can mint an asset of any name, so only those that are named here, with their policy, count.</summary>
public sealed class CardanoTokenOptions
{
    /// <summary>The name under which the asset is recorded, as in <c>DJED</c>; unique within its chain.</summary>
    public string? Symbol { get; set; }

    /// <summary>The id of its policy: 56 hexadecimal digits.</summary>
    public string? Policy { get; set; }

    /// <summary>Its name under the policy, in hexadecimal digits as explorers show it: 0 to 64 of them.</summary>
    /// <value>The default is the empty name, which is a name of its own.</value>
    public string? AssetName { get; set; }

    /// <summary>How many decimal digits the smallest unit lies below the whole token. The chain does not say it; the token's registry does.</summary>
    /// <value>0 to 30. The default is 0.</value>
    public int Decimals { get; set; }
}
