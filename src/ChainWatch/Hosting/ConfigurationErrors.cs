using System.Globalization;
using System.Text;

namespace ChainWatch;

/// <summary>
/// Collects what is wrong in a configuration, so that all of it is told at once: one sentence each, with the configuration path, the value and the rule.
/// </summary>
public sealed class ConfigurationErrors
{
    private const int LongestValue = 120;
    private readonly List<string> _messages = [];

    /// <summary>The errors so far, one sentence and one line each.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>True when there is at least one error.</summary>
    public bool Any => _messages.Count > 0;

    /// <summary>Adds a value that breaks a rule. Give no secret as the value; for URLs there is <see cref="AddUrl"/>.</summary>
    /// <param name="path">The configuration path, as in <c>ChainWatch:Chains:ethereum:BatchSize</c>.</param>
    /// <param name="value">The value that was given.</param>
    /// <param name="rule">What it must be, as in "it must be a number from 1 to 10000".</param>
    public void Add(string path, string? value, string rule) => AddMessage($"{path} is '{Shorten(value ?? "")}': {rule}.");

    /// <summary>Adds a URL that breaks a rule. Only its scheme and host are told, since the rest may hold keys.</summary>
    /// <param name="path">The configuration path.</param>
    /// <param name="url">The URL that was given.</param>
    /// <param name="rule">What it must be.</param>
    public void AddUrl(string path, string? url, string rule) => Add(path, HideSecrets(url), rule);

    /// <summary>Adds a value that is missing.</summary>
    /// <param name="path">The configuration path.</param>
    /// <param name="rule">What is needed there, as in "give the URL of a node".</param>
    public void AddMissing(string path, string rule) => AddMessage($"{path} is missing: {rule}.");

    /// <summary>Adds a whole sentence. The same sentence twice counts once.</summary>
    public void AddMessage(string message)
    {
        string line = OneLine(message);
        if (!_messages.Contains(line, StringComparer.Ordinal))
        {
            _messages.Add(line);
        }
    }

    /// <summary>Adds all errors of an exception.</summary>
    public void Add(ChainWatchConfigurationException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        foreach (string error in exception.Errors)
        {
            AddMessage(error);
        }
    }

    /// <summary>Throws when there is at least one error.</summary>
    /// <exception cref="ChainWatchConfigurationException">There are errors; it holds all of them.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new ChainWatchConfigurationException([.. _messages]);
        }
    }

    /// <summary>What of a URL may be told: its scheme, host and port.</summary>
    internal static string HideSecrets(string? url)
    {
        string text = (url ?? "").Trim();
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        int start = scheme < 0 ? 0 : scheme + 3;
        int end = text.AsSpan(start).IndexOfAny("/?#\\") is int cut and >= 0 ? start + cut : text.Length;
        int user = text.AsSpan(start, end - start).LastIndexOf('@');
        string host = user < 0 ? text[start..end] : text[(start + user + 1)..end];
        if (scheme < 0 && !host.AsSpan().ContainsAny('.', ':') && !string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            // Neither a scheme nor anything like a host: it may well be a key in the wrong place.
            return text.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"({text.Length} characters, not shown)");
        }

        bool more = user >= 0 || end < text.Length - 1;
        return string.Concat(text.AsSpan(0, start), host, more ? "/…" : "");
    }

    private static string OneLine(string message)
    {
        StringBuilder line = new(message.Length);
        foreach (char c in message)
        {
            line.Append(char.IsControl(c) ? ' ' : c);
        }

        return line.ToString();
    }

    internal static string Shorten(string value) => value.Length <= LongestValue ? value : string.Concat(value.AsSpan(0, LongestValue), "…");
}
