namespace ChainWatch;

/// <summary>One JSON-RPC call.</summary>
/// <param name="Method">The method.</param>
/// <param name="Parameters">The parameters as a JSON array, as in <c>["latest",false]</c>.</param>
public readonly record struct JsonRpcCall(string Method, string Parameters);
