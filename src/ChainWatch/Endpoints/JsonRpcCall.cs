namespace ChainWatch;

/// <summary>One JSON-RPC call.</summary>
/// <param name="Method">The method.</param>
/// <param name="Parameters">The parameters as a JSON array, as in <c>["latest",false]</c>.</param>
public readonly record struct JsonRpcCall(string Method, string Parameters)
{
    /// <summary>True where it asks for something about a final block, named by its hash or height, which never changes: its answer may be kept in <see cref="FinalAnswers"/>.</summary>
    /// <value>The default is false: its answer is never kept.</value>
    public bool IsFinal { get; init; }
}
