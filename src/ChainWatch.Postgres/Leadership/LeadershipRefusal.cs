namespace ChainWatch.Postgres;

/// <summary>Why leadership is not even tried over a connection: its promise could not be kept there. Each says what to do instead.</summary>
internal static class LeadershipRefusal
{
    /// <summary>The first version that ends the session of a holder that is not heard of.</summary>
    public const int OldestVersion = 14;

    public static ChainWatchConfigurationException Pooled(string detail) =>
        Because($"the connection goes through a pooler{detail}, which can give one lock to two instances. Connect to PostgreSQL directly");

    public static ChainWatchConfigurationException HotStandby() =>
        Because("the server is a hot standby, on which a lock means nothing and nothing can be written. Connect to the primary, or name all hosts");

    /// <param name="server">How the server shows that it is, to follow "the server".</param>
    public static ChainWatchConfigurationException TooOld(string server) =>
        Because($"the server {server}: it cannot end the session of a frozen leader. Use PostgreSQL {OldestVersion} or newer");

    public static ChainWatchConfigurationException Unprivileged(PostgresSchema schema) =>
        Because($"the database user may not read and write the table leadership of the schema '{schema.Name}'. Grant it the schema and its tables, or make it their owner");

    private static ChainWatchConfigurationException Because(string reason) => new($"{PostgresOptions.Section}: leadership cannot be held safely: {reason}.");
}
