namespace ChainWatch;

/// <summary>What the endpoints that must agree said about one block.</summary>
internal sealed class QuorumRound
{
    /// <summary>How many hold it, the one included that served it.</summary>
    public int Agree { get; set; }

    /// <summary>Who holds another.</summary>
    public List<string> Differ { get; } = [];

    /// <summary>Who has not come that far.</summary>
    public List<string> Late { get; } = [];

    /// <summary>Who could not tell.</summary>
    public List<string> Unknown { get; } = [];

    /// <summary>How many may still agree, with those that do.</summary>
    public int Possible => Agree + Late.Count + Unknown.Count;

    /// <summary>Who stands in the way, for people.</summary>
    public string Describe() => string.Join(
        ", ", [.. Differ.Select(static name => $"'{name}' holds another"), .. Late.Select(static name => $"'{name}' is not there yet"), .. Unknown.Select(static name => $"'{name}' cannot tell")]);
}
