using System.Text.RegularExpressions;

namespace ChainWatch.Postgres;

/// <summary>The schema that holds ChainWatch's tables. Written into SQL it is a quoted identifier.</summary>
internal sealed partial class PostgresSchema
{
    /// <summary>Takes a schema's name.</summary>
    /// <exception cref="ChainWatchConfigurationException">The name cannot be used.</exception>
    public PostgresSchema(string name)
    {
        if (!Allowed().IsMatch(name) || name.StartsWith("pg_", StringComparison.Ordinal))
        {
            throw new ChainWatchConfigurationException(
                $"{PostgresOptions.Section}:Schema: '{name}' is not a schema name. Use 1 to 63 characters of a-z, 0-9 and '_' that do not begin with a digit or 'pg_'.");
        }

        Name = name;
    }

    /// <summary>The name as it stands in the catalog.</summary>
    public string Name { get; }

    /// <summary>The name as it stands in SQL.</summary>
    public override string ToString() => $"\"{Name}\"";

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Allowed();
}
