namespace ChainWatch;

/// <summary>Outputs whose spending is looked for in blocks.</summary>
public sealed class OutputSet
{
    private readonly HashSet<OutputId> _outputs;

    /// <summary>Creates a set.</summary>
    public OutputSet(params IEnumerable<OutputId> outputs)
    {
        _outputs = [.. outputs];
    }

    /// <summary>How many outputs are in it.</summary>
    public int Count => _outputs.Count;

    /// <summary>True when the output is in it. Allocates nothing.</summary>
    public bool Contains(OutputId output) => _outputs.Contains(output);

    internal void Add(OutputId output) => _outputs.Add(output);

    internal void Remove(OutputId output) => _outputs.Remove(output);

    internal void Clear() => _outputs.Clear();
}
