using Microsoft.Extensions.Configuration;

namespace ChainWatch;

/// <summary>Makes a chain's registration when the host starts.</summary>
/// <param name="services">The host's services.</param>
/// <param name="name">The chain's name.</param>
/// <param name="section">The section <c>ChainWatch:Chains:&lt;name&gt;</c>; it may be empty.</param>
/// <returns>The registration.</returns>
/// <exception cref="ChainWatchConfigurationException">Something is wrong in the configuration; all that is wrong is named at once.</exception>
public delegate ChainRegistration ChainFactory(IServiceProvider services, string name, IConfigurationSection section);
