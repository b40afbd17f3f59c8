namespace ChainWatch.Postgres;

/// <summary>How ChainWatch uses PostgreSQL. Bound from the section <c>ChainWatch:Postgres</c>.</summary>
public sealed class PostgresOptions
{
    /// <summary>The configuration section that these options are bound from.</summary>
    public const string Section = "ChainWatch:Postgres";

    /// <summary>How to reach the database, in Npgsql's form. Leave it empty where the host gives a data source of its own.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The schema that holds ChainWatch's tables. It is created where it does not exist.</summary>
    /// <value>1 to 63 characters of a–z, 0–9 and '_'. The default is <c>chainwatch</c>.</value>
    public string Schema { get; set; } = "chainwatch";

    /// <summary>
    /// How long one statement of a leader's write may take, wait for a lock, or keep the server waiting for the next. It must stay below the time that leadership lives
    /// (<c>ChainWatch:Leadership:TimeToLive</c>), so that a writer that was stopped in the middle does not hold up its successor.
    /// </summary>
    /// <value>100 ms to 10 minutes. The default is 4 seconds.</value>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Checks the values that every way of using these options needs.</summary>
    internal void Validate()
    {
        _ = new PostgresSchema(Schema ?? "");
        if (WriteTimeout < TimeSpan.FromMilliseconds(100) || WriteTimeout > TimeSpan.FromMinutes(10))
        {
            throw new ChainWatchConfigurationException($"{Section}:WriteTimeout: {WriteTimeout} is out of range. Give 00:00:00.1 to 00:10:00, and less than ChainWatch:Leadership:TimeToLive.");
        }
    }
}
