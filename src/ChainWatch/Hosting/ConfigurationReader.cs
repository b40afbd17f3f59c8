using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace ChainWatch;

/// <summary>
/// Reads a configuration section key by key. A value that cannot be read becomes an error and reading goes on, and <see cref="Close"/> reports the keys that nobody
/// asked for: so a misspelt or wrong setting is told, with all others, instead of being ignored or hiding the next one.
/// </summary>
public sealed class ConfigurationReader
{
    private readonly IConfiguration _section;
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates a reader.</summary>
    /// <param name="section">The section to read; it may be empty.</param>
    /// <param name="errors">Where errors go.</param>
    public ConfigurationReader(IConfigurationSection section, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(errors);
        _section = section;
        Path = section.Path;
        Errors = errors;
    }

    /// <summary>The section's path, as in <c>ChainWatch:Chains:ethereum</c>.</summary>
    public string Path { get; }

    /// <summary>Where errors go.</summary>
    public ConfigurationErrors Errors { get; }

    /// <summary>True where anything is set in the section.</summary>
    public bool HasKeys => _section.GetChildren().Any();

    /// <summary>The path of a key of this section.</summary>
    public string PathOf(string key) => $"{Path}:{key}";

    /// <summary>Reads a text; <see langword="null"/> when it is not set.</summary>
    public string? ReadText(string key)
    {
        IConfigurationSection value = Take(key);
        if (value.Value is null && value.GetChildren().Any())
        {
            Errors.AddMessage($"{value.Path} is a list or an object: it must be a single value.");
        }

        return value.Value;
    }

    /// <summary>Reads a whole number; <see langword="null"/> when it is not set, or wrong.</summary>
    public int? ReadWhole(string key) =>
        Read<int>(key, static (string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value), "a whole number");

    /// <summary>Reads a number; <see langword="null"/> when it is not set, or wrong.</summary>
    public double? ReadNumber(string key) =>
        Read<double>(key, static (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value), "a number");

    /// <summary>Reads a yes or no; <see langword="null"/> when it is not set, or wrong.</summary>
    public bool? ReadFlag(string key) => Read<bool>(key, bool.TryParse, "true or false");

    /// <summary>Reads a duration; <see langword="null"/> when it is not set, or wrong.</summary>
    public TimeSpan? ReadDuration(string key) =>
        Read<TimeSpan>(
            key,

            // "30" alone would be thirty days to TimeSpan.Parse, which nobody means.
            static (string text, out TimeSpan value) => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value) && text.Contains(':', StringComparison.Ordinal),
            "a duration as hours:minutes:seconds, like 00:00:30");

    /// <summary>Reads a list of texts; empty when it is not set.</summary>
    public IReadOnlyList<string> ReadTexts(string key)
    {
        List<string> texts = [];
        foreach (IConfigurationSection item in TakeList(key))
        {
            if (item.Value is string text)
            {
                texts.Add(text);
            }
            else if (item.GetChildren().Any())
            {
                Errors.AddMessage($"{item.Path} is an object: it must be a text.");
            }
        }

        return texts;
    }

    /// <summary>Reads whole numbers under names of the user's own; empty when it is not set.</summary>
    public IReadOnlyDictionary<string, int> ReadWholes(string key)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        ConfigurationReader names = ReadObject(key);
        foreach (IConfigurationSection child in names._section.GetChildren())
        {
            if (names.ReadWhole(child.Key) is { } number)
            {
                numbers[child.Key] = number;
            }
        }

        return numbers;
    }

    /// <summary>Reads a list of objects, each with a reader of its own that the caller closes; empty when it is not set.</summary>
    public IReadOnlyList<ConfigurationReader> ReadItems(string key)
    {
        List<ConfigurationReader> readers = [];
        foreach (IConfigurationSection item in TakeList(key))
        {
            if (string.IsNullOrEmpty(item.Value))
            {
                readers.Add(new ConfigurationReader(item, Errors));
            }
            else
            {
                Errors.AddMessage($"{item.Path} is a single value: it must be an object with keys of its own.");
            }
        }

        return readers;
    }

    /// <summary>Reads an object; the caller closes its reader. It is empty when it is not set.</summary>
    public ConfigurationReader ReadObject(string key)
    {
        IConfigurationSection section = Take(key);
        if (!string.IsNullOrEmpty(section.Value))
        {
            Errors.AddMessage($"{section.Path} is a single value: it must be an object with keys of its own.");
        }

        return new ConfigurationReader(section, Errors);
    }

    /// <summary>Says that a key is read elsewhere.</summary>
    public void Skip(string key) => _known.Add(key);

    /// <summary>Reports every key of the section that was neither read nor skipped, with the known key that is nearest to it.</summary>
    public void Close()
    {
        foreach (IConfigurationSection child in _section.GetChildren())
        {
            if (_known.Contains(child.Key))
            {
                continue;
            }

            string? nearest = NearestWord.Find(child.Key, _known);
            string hint = nearest is null ? $"known here are {string.Join(", ", _known)}" : $"did you mean '{nearest}'?";
            Errors.AddMessage($"{child.Path} is not a setting of ChainWatch: {hint}{(nearest is null ? "." : "")}");
        }
    }

    private delegate bool TryParse<T>(string text, out T value);

    private T? Read<T>(string key, TryParse<T> parse, string kind)
        where T : struct
    {
        string? text = ReadText(key);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (parse(text, out T value))
        {
            return value;
        }

        Errors.Add(PathOf(key), text, $"it must be {kind}");
        return null;
    }

    private IConfigurationSection Take(string key)
    {
        _known.Add(key);
        return _section.GetSection(key);
    }

    private IEnumerable<IConfigurationSection> TakeList(string key)
    {
        IConfigurationSection list = Take(key);
        if (!string.IsNullOrEmpty(list.Value))
        {
            Errors.AddMessage($"{list.Path} is a single value: it must be a list.");
        }

        return list.GetChildren();
    }
}
