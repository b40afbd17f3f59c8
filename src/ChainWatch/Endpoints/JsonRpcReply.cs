namespace ChainWatch;

/// <summary>What one JSON-RPC call came to: the result as raw UTF-8 JSON, or an error.</summary>
public readonly struct JsonRpcReply
{
    internal JsonRpcReply(ReadOnlyMemory<byte> result, EndpointError? error)
    {
        Result = result;
        Error = error;
    }

    /// <summary>The result as raw UTF-8 JSON; it lives as long as the <see cref="JsonRpcReplies"/> that it came in.</summary>
    public ReadOnlyMemory<byte> Result { get; }

    /// <summary>Why there is no result; <see langword="null"/> when there is one.</summary>
    public EndpointError? Error { get; }

    /// <summary>True when the result is there and is JSON's <c>null</c>: the endpoint does not know.</summary>
    public bool IsNull => Error is null && Result.Span.SequenceEqual("null"u8);

    /// <summary>The result.</summary>
    /// <exception cref="EndpointException">There is none.</exception>
    public ReadOnlySpan<byte> Require() => Error is null ? Result.Span : throw new EndpointException(Error);
}
