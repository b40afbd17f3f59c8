namespace ChainWatch;

/// <summary>The newest entry of an audit log. Kept somewhere else, it proves later that nothing was cut off.</summary>
/// <param name="Id">Its number; 0 while the log is empty.</param>
/// <param name="Hash">Its hash, as lower-case hexadecimal digits; empty while the log is empty.</param>
public readonly record struct AuditHead(long Id, string Hash)
{
    /// <summary>The head of a log without entries.</summary>
    public static AuditHead Empty { get; } = new(0, "");
}
