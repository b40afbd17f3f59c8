using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace ChainWatch.AspNetCore;

/// <summary>One route of <see cref="InboundOptions.Routes"/>, ready to be compared with requests.</summary>
internal sealed class InboundRoute
{
    private readonly string? _method;
    private readonly TemplateMatcher _matcher;

    private InboundRoute(string? method, TemplateMatcher matcher, InboundRouteOptions options)
    {
        _method = method;
        _matcher = matcher;
        Options = options;
    }

    public InboundRouteOptions Options { get; }

    /// <summary>Reads a route; <see langword="null"/>, and an error, where it cannot be read.</summary>
    public static InboundRoute? Parse(InboundRouteOptions options, string path, ConfigurationErrors errors)
    {
        string key = $"{path}:{nameof(InboundRouteOptions.Route)}";
        string text = (options.Route ?? "").Trim();
        if (text.Length == 0)
        {
            errors.AddMissing(key, "say which requests are meant, like 'POST /addresses/{chain}'");
            return null;
        }

        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string method = slash < 0 ? text : text[..slash].Trim();
        if (slash < 0 || !method.All(char.IsAsciiLetter))
        {
            errors.Add(key, text, "it must be a path that begins with '/', with at most one method before it, like 'POST /addresses/{chain}'");
            return null;
        }

        try
        {
            return new InboundRoute(method.Length == 0 ? null : method, new TemplateMatcher(TemplateParser.Parse(text[(slash + 1)..]), []), options);
        }
        catch (ArgumentException exception)
        {
            errors.Add(key, text, $"it cannot be read as a route of ASP.NET Core ({exception.Message})");
            return null;
        }
    }

    public bool Fits(HttpRequest request) =>
        (_method is null || HttpMethods.Equals(_method, request.Method)) && _matcher.TryMatch(request.Path, []);
}
