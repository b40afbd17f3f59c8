using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch;

/// <summary>
/// The top-level options as code and configuration make them, with what is wrong in them. It asks for no chain and no store, so everything may ask for it.
/// </summary>
internal sealed class BoundOptions
{
    public BoundOptions(ChainWatchBuilder composition, IServiceProvider services)
    {
        // A host without any configuration (a bare service collection in a test) is wired by code alone.
        IConfiguration configuration = services.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build();
        Providers = configuration is IConfigurationRoot root ? [.. root.Providers] : [];
        Section = configuration.GetSection(ChainWatchConfiguration.Section);
        Options = composition.Options;
        ConfigurationReader reader = new(Section, Errors);
        Options.Read(reader);
        reader.Skip("Chains");
        foreach (string key in composition.Sections.Keys)
        {
            reader.Skip(key);
        }

        reader.Close();
        Options.Validate(reader.Path, Errors);
    }

    /// <summary>The section <c>ChainWatch</c>.</summary>
    public IConfigurationSection Section { get; }

    /// <summary>The sources of settings, each by itself.</summary>
    public IReadOnlyList<IConfigurationProvider> Providers { get; }

    /// <summary>The options. They must not be used when there are errors.</summary>
    public ChainWatchOptions Options { get; }

    /// <summary>What is wrong in them.</summary>
    public ConfigurationErrors Errors { get; } = new();
}
