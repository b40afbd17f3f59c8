namespace ChainWatch;

/// <summary>Who leads a scope, as far as an election can tell.</summary>
public sealed record LeadershipHolder
{
    /// <summary>The instance's name; with its host, where the name does not tell it.</summary>
    public required string Name { get; init; }

    /// <summary>The address that it leads from, as the arbiter of the election sees it; <see langword="null"/> where that is not known.</summary>
    public string? Address { get; init; }

    /// <summary>Since when; <see langword="null"/> where that is not known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What ends its leadership if a person has to: with PostgreSQL, the server's process for <c>pg_terminate_backend</c>. <see langword="null"/> where there is no such thing.</summary>
    public int? SessionId { get; init; }

    /// <summary>The name under which an instance on this machine leads: its own, and the machine's where its own does not tell it.</summary>
    /// <param name="instance">The instance's name, <see cref="ChainWatchOptions.Instance"/>.</param>
    public static string NameOf(string instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.Contains(Environment.MachineName, StringComparison.OrdinalIgnoreCase) ? instance : $"{instance}@{Environment.MachineName}";
    }

    /// <inheritdoc/>
    public override string ToString() => Address is null ? Name : $"{Name} at {Address}";
}
