using System.Globalization;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>A command line: a verb, and options by name.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);

    public Arguments(IReadOnlyList<string> arguments)
    {
        Verb = arguments.Count > 0 && !arguments[0].StartsWith("--", StringComparison.Ordinal) ? arguments[0] : "run";
        for (var index = 0; index < arguments.Count; index++)
        {
            if (arguments[index].StartsWith("--", StringComparison.Ordinal))
            {
                var hasValue = index + 1 < arguments.Count && !arguments[index + 1].StartsWith("--", StringComparison.Ordinal);
                _options[arguments[index][2..]] = hasValue ? arguments[index + 1] : "";
            }
        }
    }

    public string Verb { get; }

    public bool Has(string name) => _options.ContainsKey(name);

    public string Text(string name, string otherwise) => _options.TryGetValue(name, out var value) && value.Length > 0 ? value : otherwise;

    public int Number(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
}
