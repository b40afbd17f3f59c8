namespace ChainWatch.TestInfrastructure;

/// <summary>How a <see cref="PostgresServer"/> is set up.</summary>
public sealed class PostgresServerOptions
{
    /// <summary>Whether commits are forced to disk.</summary>
    /// <value>The default is true: tests run what production runs.</value>
    public bool Fsync { get; init; } = true;

    /// <summary>The folder of the version's programs; <see langword="null"/> (the default) takes the version to test against.</summary>
    public string? BinDirectory { get; init; }

    /// <summary>Further settings of the server, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
