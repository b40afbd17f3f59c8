using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;

namespace ChainWatch;

/// <summary>
/// The chains of this host: those that its code adds, and those that only its configuration names. It is made once, when the host starts, and tells then all that is
/// wrong in the whole configuration at once.
/// </summary>
public sealed class ChainRegistry
{
    internal const string NameRule = "it must have 1 to 64 characters of a–z, 0–9, '-', '_' and '.'";

    private readonly Dictionary<string, ChainRegistration> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ChainRegistration> _chains = [];

    internal ChainRegistry(ChainWatchBuilder composition, BoundOptions bound, IServiceProvider services)
    {
        ConfigurationErrors errors = new();
        AddAll(errors, composition.Errors);
        AddAll(errors, bound.Errors);
        foreach ((string key, Action<IServiceProvider, IConfigurationSection> check) in composition.Sections)
        {
            Collect(errors, () => check(services, bound.Section.GetSection(key)));
        }

        IConfigurationSection chains = bound.Section.GetSection("Chains");
        foreach ((string name, ChainFactory factory) in composition.Chains)
        {
            Collect(errors, () => Add(factory(services, name, chains.GetSection(name)), chains.GetSection(name), errors));
        }

        foreach (IConfigurationSection section in chains.GetChildren())
        {
            if (!composition.Chains.ContainsKey(section.Key))
            {
                Collect(errors, () => AddByKind(composition, services, section, errors));
            }
        }

        CheckSpellings(bound, errors);
        if (composition.Chains.Count == 0 && !chains.GetChildren().Any())
        {
            errors.AddMissing(chains.Path, "there is no chain to watch; name at least one, with its Kind and Endpoints");
        }

        errors.ThrowIfAny();
    }

    /// <summary>Creates a registry of chains that exist already, for tests and tools.</summary>
    /// <exception cref="ArgumentException">Two chains have the same name.</exception>
    public ChainRegistry(params IEnumerable<ChainRegistration> chains)
    {
        ArgumentNullException.ThrowIfNull(chains);
        foreach (ChainRegistration chain in chains)
        {
            _byName.Add(chain.Chain.Name, chain);
            _chains.Add(chain);
        }
    }

    /// <summary>All chains: those of the code first, in its order.</summary>
    public IReadOnlyList<ChainRegistration> Chains => _chains;

    /// <summary>The chain of this name, whatever its case.</summary>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    public ChainRegistration Get(string name) =>
        TryGet(name, out ChainRegistration? chain) ? chain : throw new UnknownChainException(name, _chains.Select(static c => c.Chain.Name));

    /// <summary>The chain of this name, whatever its case.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out ChainRegistration? chain) => _byName.TryGetValue(name, out chain);

    internal static bool IsName(string name) =>
        name.Length is >= 1 and <= 64 && name.All(static c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.');

    private static void AddAll(ConfigurationErrors errors, ConfigurationErrors more)
    {
        foreach (string message in more.Messages)
        {
            errors.AddMessage(message);
        }
    }

    private static void Collect(ConfigurationErrors errors, Action action)
    {
        try
        {
            action();
        }
        catch (ChainWatchConfigurationException exception)
        {
            errors.Add(exception);
        }
    }

    /// <summary>
    /// One source of settings that names a chain twice in different case means two chains, and would get one that is made of both: keys of a configuration have no case.
    /// Between two sources it is an override, and wanted.
    /// </summary>
    private static void CheckSpellings(BoundOptions bound, ConfigurationErrors errors)
    {
        string path = $"{ChainWatchConfiguration.Section}:Chains";
        foreach (IConfigurationProvider provider in bound.Providers)
        {
            foreach (IGrouping<string, string> spellings in provider.GetChildKeys([], path).Distinct(StringComparer.Ordinal).GroupBy(static key => key, StringComparer.OrdinalIgnoreCase))
            {
                if (spellings.Skip(1).Any())
                {
                    string[] names = [.. spellings.Order(StringComparer.Ordinal)];
                    errors.AddMessage($"{path}:{names[1]}: chain '{names[1]}' is there twice, as '{names[0]}' too, which differs only in case: each chain needs a name of its own.");
                }
            }
        }
    }

    private void AddByKind(ChainWatchBuilder composition, IServiceProvider services, IConfigurationSection section, ConfigurationErrors errors)
    {
        // Keys of a configuration have no case, and an environment variable may well write them large: the name is their small spelling.
        string name = section.Key.ToLowerInvariant();
        string known = composition.Kinds.Count == 0 ? "none: this host adds no chain family" : string.Join(", ", composition.Kinds.Keys.Order(StringComparer.Ordinal));
        string? kind = section["Kind"];
        if (!IsName(name))
        {
            errors.AddMessage($"{section.Path}: '{section.Key}' is no name for a chain: {NameRule}.");
        }
        else if (string.IsNullOrEmpty(kind))
        {
            errors.AddMissing($"{section.Path}:Kind", $"name the chain's family; known here are {known}");
        }
        else if (!composition.Kinds.TryGetValue(kind, out ChainFactory? factory))
        {
            string? nearest = NearestWord.Find(kind, composition.Kinds.Keys);
            errors.Add($"{section.Path}:Kind", kind, $"it must be a chain family of this host; known here are {known}{(nearest is null ? "" : $" (did you mean '{nearest}'?)")}");
        }
        else
        {
            Add(factory(services, name, section), section, errors);
        }
    }

    private void Add(ChainRegistration registration, IConfigurationSection section, ConfigurationErrors errors)
    {
        Chain chain = registration.Chain;
        if (section["Kind"] is { Length: > 0 } kind && !string.Equals(kind, chain.Kind, StringComparison.OrdinalIgnoreCase))
        {
            errors.Add($"{section.Path}:Kind", kind, $"the host's code adds this chain as '{chain.Kind}'; leave it out or make it the same");
        }

        if (registration.Options.Quorum > 1 && registration.Reader is null)
        {
            errors.Add($"{section.Path}:{nameof(ChainOptions.Quorum)}", $"{registration.Options.Quorum}", "chains of this kind come as a stream of one endpoint, and others cannot be asked about single blocks; leave it out");
        }

        for (int i = 0; i < registration.Options.Addresses.Count; i++)
        {
            try
            {
                chain.Format.ParseAddress(registration.Options.Addresses[i]);
            }
            catch (AddressFormatException exception)
            {
                errors.AddMessage($"{section.Path}:{nameof(ChainOptions.Addresses)}:{i}: {exception.Message}{(exception.Message.EndsWith('.') ? "" : ".")}");
            }
        }

        if (!_byName.TryAdd(chain.Name, registration))
        {
            errors.AddMessage($"{section.Path}: chain '{chain.Name}' is there twice: each chain needs a name of its own.");
            return;
        }

        _chains.Add(registration);
    }
}
