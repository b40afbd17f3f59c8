using System.Globalization;

namespace ChainWatch;

/// <summary>What is set for all chains together, under <c>ChainWatch</c>.</summary>
public sealed class ChainWatchOptions
{
    /// <summary>This instance's name, as it appears in leadership, logs and health answers.</summary>
    /// <value>1 to 200 characters. The default is the machine's name and the process id, as in <c>web-1:4711</c>.</value>
    public string Instance { get; set; } = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{Environment.ProcessId}");

    /// <summary>How leadership is held.</summary>
    public LeadershipOptions Leadership { get; } = new();

    /// <summary>When a process that has gone silent ends itself.</summary>
    public FailFastOptions FailFast { get; } = new();

    /// <summary>When an instance calls itself ready.</summary>
    public ReadinessOptions Readiness { get; } = new();

    /// <summary>How payment events are handed to the application's handlers.</summary>
    public DeliveryOptions Delivery { get; } = new();

    /// <summary>How long the store keeps what following no longer needs.</summary>
    public RetentionOptions Retention { get; } = new();

    /// <summary>When and how deep the records are compared with the chain.</summary>
    public ReconciliationOptions Reconciliation { get; } = new();

    /// <summary>How long balances that the host asks for are given out again.</summary>
    public BalanceOptions Balances { get; } = new();

    internal void Read(ConfigurationReader reader)
    {
        Instance = reader.ReadText(nameof(Instance)) is { Length: > 0 } instance ? instance : Instance;
        ReadInner(reader, nameof(Leadership), Leadership.Read);
        ReadInner(reader, nameof(FailFast), FailFast.Read);
        ReadInner(reader, nameof(Readiness), Readiness.Read);
        ReadInner(reader, nameof(Delivery), Delivery.Read);
        ReadInner(reader, nameof(Retention), Retention.Read);
        ReadInner(reader, nameof(Reconciliation), Reconciliation.Read);
        ReadInner(reader, nameof(Balances), Balances.Read);
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        if (Instance.Length is 0 or > 200 || Instance.Any(char.IsControl))
        {
            errors.Add($"{path}:{nameof(Instance)}", Instance, "it must have 1 to 200 characters, none of them a control character");
        }

        Leadership.Validate($"{path}:{nameof(Leadership)}", errors);
        FailFast.Validate($"{path}:{nameof(FailFast)}", errors);
        Readiness.Validate($"{path}:{nameof(Readiness)}", errors);
        Delivery.Validate($"{path}:{nameof(Delivery)}", errors);
        Retention.Validate($"{path}:{nameof(Retention)}", errors);
        Reconciliation.Validate($"{path}:{nameof(Reconciliation)}", errors);
        Balances.Validate($"{path}:{nameof(Balances)}", errors);
    }

    internal static void CheckRange(TimeSpan value, TimeSpan least, TimeSpan most, string path, ConfigurationErrors errors)
    {
        if (value < least || value > most)
        {
            errors.Add(path, value.ToString("c", CultureInfo.InvariantCulture), $"it must be from {least:c} to {most:c}");
        }
    }

    private static void ReadInner(ConfigurationReader reader, string key, Action<ConfigurationReader> read)
    {
        ConfigurationReader inner = reader.ReadObject(key);
        read(inner);
        inner.Close();
    }
}
