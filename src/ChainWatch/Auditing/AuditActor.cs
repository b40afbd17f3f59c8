namespace ChainWatch;

/// <summary>Who is doing what is done now, for the audit log. It flows with the calls, as <see cref="AsyncLocal{T}"/> does.</summary>
/// <example>
/// <code>
/// using (AuditActor.Is("alice@example.com"))
/// {
///     await watchlist.AddAsync("ethereum", address, reference, cancellationToken);
/// }
/// </code>
/// </example>
public static class AuditActor
{
    private const int MaxLength = 200;
    private static readonly AsyncLocal<string?> s_current = new();

    /// <summary>Who it is; <see langword="null"/> where nobody said, and the program stands for itself.</summary>
    public static string? Current => s_current.Value;

    /// <summary>Names who does what is done until the result is disposed.</summary>
    /// <exception cref="ArgumentException">The name is empty, or longer than 200 characters.</exception>
    public static IDisposable Is(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaxLength)
        {
            throw new ArgumentException($"The name has {name.Length} characters; {MaxLength} are the most.", nameof(name));
        }

        Restore restore = new(s_current.Value);
        s_current.Value = name;
        return restore;
    }

    private sealed class Restore(string? before) : IDisposable
    {
        public void Dispose() => s_current.Value = before;
    }
}
