using System.Text;

namespace ChainWatch;

/// <summary>Makes texts that come from an endpoint, or from the system while talking to it, fit for logs: one short line in which neither keys nor parts of the URL stand.</summary>
internal sealed class EndpointSecrets
{
    private const int Longest = 300;
    private readonly Lock _lock = new();
    private volatile string[] _secrets;

    public EndpointSecrets(EndpointOptions options)
    {
        HashSet<string> secrets = new(StringComparer.OrdinalIgnoreCase);
        foreach (string key in options.ApiKeys)
        {
            secrets.Add(key);
            secrets.Add(Uri.EscapeDataString(key));
        }

        AddUrl(options.Url, secrets);
        AddUrl(options.WebSocketUrl, secrets);
        _secrets = Order(secrets);
    }

    /// <summary>Hides more keys. Those before stay hidden: they may still come back in an error, and may still be good elsewhere.</summary>
    public void Add(IEnumerable<string> keys)
    {
        lock (_lock)
        {
            HashSet<string> secrets = new(_secrets, StringComparer.OrdinalIgnoreCase);
            foreach (string key in keys)
            {
                secrets.Add(key);
                secrets.Add(Uri.EscapeDataString(key));
            }

            _secrets = Order(secrets);
        }
    }

    public string Hide(string text)
    {
        foreach (string secret in _secrets)
        {
            text = text.Replace(secret, "…", StringComparison.OrdinalIgnoreCase);
        }

        StringBuilder line = new(Math.Min(text.Length, Longest + 1));
        foreach (char c in text)
        {
            if (line.Length == Longest)
            {
                line.Append('…');
                break;
            }

            line.Append(char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c);
        }

        return line.ToString().Trim();
    }

    /// <summary>Longer ones first: a part must not break up the whole before it is found.</summary>
    private static string[] Order(IEnumerable<string> secrets) => [.. secrets.Where(static secret => secret.Length >= 4).OrderByDescending(static secret => secret.Length)];

    private static void AddUrl(string? url, HashSet<string> secrets)
    {
        if (url is null || !Uri.TryCreate(url.Replace("{key}", "", StringComparison.Ordinal), UriKind.Absolute, out Uri? uri))
        {
            return;
        }

        secrets.Add(url);
        secrets.Add(uri.Host);
        if (uri.UserInfo.Length > 0)
        {
            secrets.Add(uri.UserInfo);
            secrets.Add(Uri.UnescapeDataString(uri.UserInfo));
            secrets.Add(uri.UserInfo[(uri.UserInfo.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        }

        secrets.Add(uri.PathAndQuery);
        foreach (string part in uri.PathAndQuery.Split('/', '?', '&', '='))
        {
            // Short parts are words like "v3" or "rpc", which an error message may well need.
            if (part.Length >= 12)
            {
                secrets.Add(part);
            }
        }
    }
}
