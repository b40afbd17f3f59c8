namespace ChainWatch;

/// <summary>What an address stands for in the application: an order, a user, an invoice.</summary>
public sealed record PaymentReference
{
    private PaymentReference(string type, string id)
    {
        Type = type;
        Id = id;
    }

    /// <summary>The kind of thing, as in <c>order</c>: a small, fixed set of words, since it becomes a metric tag.</summary>
    public string Type { get; }

    /// <summary>Which one, as in <c>1042</c>.</summary>
    public string Id { get; }

    /// <summary>Creates a reference.</summary>
    /// <exception cref="ArgumentException">One of them is empty, longer than 200 characters, or holds U+0000, which PostgreSQL cannot store.</exception>
    public static PaymentReference For(string type, string id)
    {
        Check(type, nameof(type));
        Check(id, nameof(id));
        return new PaymentReference(type, id);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type}:{Id}";

    private static void Check(string text, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(text, name);
        if (text.Length > 200)
        {
            throw new ArgumentException($"A reference's {name} has at most 200 characters, not {text.Length}.", name);
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"A reference's {name} must not hold the character U+0000.", name);
        }
    }
}
