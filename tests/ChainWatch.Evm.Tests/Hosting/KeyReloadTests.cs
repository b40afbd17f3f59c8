using ChainWatch.TestInfrastructure;
using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Evm.Tests;

public sealed class KeyReloadTests
{
    private const string Endpoint = "ChainWatch:Chains:ethereum:Endpoints:0";

    [Fact]
    public async Task Keys_of_a_changed_configuration_are_taken_over_and_audited_without_a_restart()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using LogRecorder logs = new();
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ChainWatch:Chains:ethereum:Kind"] = "evm",
            [$"{Endpoint}:Url"] = "http://127.0.0.1:1/{key}",
            [$"{Endpoint}:Name"] = "main",
            [$"{Endpoint}:ApiKeys:0"] = "first-key-1111",
        }).Build();
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton<IHostApplicationLifetime, NoLifetime>()
            .AddLogging(logging => logging.AddProvider(logs))
            .AddChainWatch(static watch => watch.AddEvm())
            .BuildServiceProvider();
        EndpointClient client = services.GetRequiredService<ChainRegistry>().Get("ethereum").Endpoints.Single();
        EndpointKeyRotation rotation = services.GetRequiredService<EndpointKeyRotation>();
        IHostedService keys = services.GetServices<IHostedService>().Single(static service => service.GetType().Name == "EndpointKeyService");
        await keys.StartAsync(cancellation);
        client.UsableKeys.ShouldBe(1);
        rotation.Rotate("ethereum", "main").ShouldBeFalse();

        configuration[$"{Endpoint}:ApiKeys:1"] = "second-key-2222";
        configuration.Reload();
        await Eventually.BecomesTrueAsync(_ => Task.FromResult(client.UsableKeys == 2), TimeSpan.FromSeconds(20), static () => "the second key is not taken over", cancellation);
        rotation.Rotate("ETHEREUM", "Main").ShouldBeTrue();
        configuration[$"{Endpoint}:ApiKeys:0"] = null;
        configuration[$"{Endpoint}:ApiKeys:1"] = null;
        configuration.Reload();

        List<AuditEntry> audit = [];
        await Eventually.BecomesTrueAsync(
            async stop =>
            {
                audit.Clear();
                await foreach (AuditEntry entry in services.GetRequiredService<IWatchStore>().ReadAuditAsync(0, stop))
                {
                    audit.Add(entry);
                }

                return audit.Count >= 2 && logs.Of("EndpointKeysGone").Count > 0;
            },
            TimeSpan.FromSeconds(20),
            () => string.Join(", ", audit.Select(static entry => entry.Action)),
            cancellation);
        audit.Select(static entry => $"{entry.Action} {entry.Entity}").ShouldBe(["endpoint.keys.replaced ethereum/main", "endpoint.key.rotated ethereum/main"]);
        string.Join(' ', audit.Select(static entry => entry.Details)).ShouldNotContain("-key-");
        client.UsableKeys.ShouldBe(2, "keys that vanish from the configuration stay in use");
        await keys.StopAsync(cancellation);
        string.Join(' ', logs.Entries).ShouldNotContain("-key-");
    }

    private sealed class NoLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
