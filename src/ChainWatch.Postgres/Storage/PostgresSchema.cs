using System.Text.RegularExpressions;

namespace ChainWatch.Postgres;

/// <summary>The schema that holds ChainWatch's tables. Written into SQL it is a quoted identifier.</summary>
internal sealed partial class PostgresSchema
{
    /// <summary>What a schema's name must be like.</summary>
    public const string Rule = "it must have 1 to 63 characters of a-z, 0-9 and '_', and not begin with a digit or 'pg_'";

    /// <summary>Takes a schema's name.</summary>
    /// <exception cref="ChainWatchConfigurationException">The name cannot be used.</exception>
    public PostgresSchema(string name)
    {
        if (!IsName(name))
        {
            throw new ChainWatchConfigurationException($"{PostgresOptions.Section}:{nameof(PostgresOptions.Schema)} is '{name}': {Rule}.");
        }

        Name = name;
    }

    /// <summary>The name as it stands in the catalog.</summary>
    public string Name { get; }

    /// <summary>Whether a schema may have this name.</summary>
    public static bool IsName(string? name) => name is not null && Allowed().IsMatch(name) && !name.StartsWith("pg_", StringComparison.Ordinal);

    /// <summary>The name as it stands in SQL.</summary>
    public override string ToString() => $"\"{Name}\"";

    [GeneratedRegex(@"^[a-z_][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Allowed();
}
