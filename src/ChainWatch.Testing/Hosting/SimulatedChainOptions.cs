using System.Globalization;

namespace ChainWatch.Testing;

/// <summary>How ChainWatch follows a simulated chain: what every chain can be configured with, and how the chain's endpoints behave.</summary>
public sealed class SimulatedChainOptions : ChainOptions
{
    /// <summary>How the chain's endpoints behave. Keep it, and change it while the host runs, to see what ChainWatch makes of it.</summary>
    /// <value>The default is one endpoint, <c>simulated-1</c>, without faults.</value>
    public SimulatedReaderOptions Reader { get; set; } = new();

    /// <inheritdoc/>
    protected override void Validate(string path, ConfigurationErrors errors)
    {
        // The engine shows endpoints by name; a simulated one needs no URL, but has to have one to pass as an endpoint.
        if (Endpoints.Count == 0)
        {
            foreach (SimulatedEndpoint endpoint in Reader.Endpoints)
            {
                Endpoints.Add(new EndpointOptions { Name = endpoint.Name, Url = string.Create(CultureInfo.InvariantCulture, $"http://endpoint-{Endpoints.Count + 1}.invalid") });
            }
        }

        base.Validate(path, errors);
    }
}
