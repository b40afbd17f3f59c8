using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Xrpl.Tests;

public sealed class XrplOptionsTests
{
    private const string Issuer = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";

    [Fact]
    public void A_chain_is_made_of_configuration_alone()
    {
        ChainRegistration registration = Registry(
            static watch => watch.AddXrpl(),
            ("xrpl:Kind", "xrpl"),
            ("xrpl:Endpoints:0:Url", "wss://node.example.org"),
            ("xrpl:NetworkId", "1"),
            ("xrpl:RequireTag", "true"),
            ("xrpl:Tokens:0:Symbol", "USD.a"),
            ("xrpl:Tokens:0:Currency", "USD"),
            ("xrpl:Tokens:0:Issuer", Issuer),
            ("xrpl:Tokens:1:Symbol", "PTS"),
            ("xrpl:Tokens:1:IssuanceId", new string('A', 48)),
            ("xrpl:Tokens:1:Decimals", "2")).Get("xrpl");

        registration.Chain.Kind.ShouldBe("xrpl");
        registration.Chain.Format.ShouldBe(XrplFormat.TestNet);
        registration.Chain.Assets.Select(static asset => $"{asset.Symbol} {asset.Decimals}").ShouldBe(["XRP 6", "USD.a 40", "PTS 2"]);
        registration.Confirmation.Otherwise.ShouldBe(Confirmation.Finalized);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_with_path_value_and_rule()
    {
        ChainWatchConfigurationException error = Should.Throw<ChainWatchConfigurationException>(() => Registry(
            static watch => watch.AddXrpl(),
            ("xrpl:Kind", "xrpl"),
            ("xrpl:Endpoints:0:Url", "ftp://node/secret"),
            ("xrpl:NetworkId", "main"),
            ("xrpl:Tokens:0:Symbol", "XRP"),
            ("xrpl:Tokens:0:Currency", "USD"),
            ("xrpl:Tokens:0:Issuer", Issuer),
            ("xrpl:Tokens:1:Symbol", "B"),
            ("xrpl:Tokens:1:Currency", "XRP"),
            ("xrpl:Tokens:1:Issuer", Issuer),
            ("xrpl:Tokens:2:Symbol", "C"),
            ("xrpl:Tokens:2:Currency", "EUR"),
            ("xrpl:Tokens:3:Symbol", "D"),
            ("xrpl:Tokens:3:Currency", "EUR"),
            ("xrpl:Tokens:3:Issuer", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTH"),
            ("xrpl:Tokens:4:Symbol", "E"),
            ("xrpl:Tokens:4:IssuanceId", "12"),
            ("xrpl:Tokens:4:Decimals", "2"),
            ("xrpl:Tokens:5:Symbol", "F"),
            ("xrpl:Tokens:5:IssuanceId", new string('A', 48)),
            ("xrpl:Tokens:6:Symbol", "G"),
            ("xrpl:Tokens:6:Currency", "USD"),
            ("xrpl:Tokens:6:Issuer", Issuer),
            ("xrpl:Tokens:7:Symbol", "H"),
            ("xrpl:Tokens:7:Currency", "JPY"),
            ("xrpl:Tokens:7:Issuer", Issuer),
            ("xrpl:Tokens:7:Decimals", "97")));

        string[] paths =
        [
            "Endpoints:0:Url", "NetworkId", "Tokens:0:Symbol", "Tokens:1:Currency", "Tokens:2:Issuer", "Tokens:3:Issuer", "Tokens:4:IssuanceId", "Tokens:5:Decimals", "Tokens:6", "Tokens:7:Decimals",
        ];
        foreach (string path in paths)
        {
            error.Errors.Count(message => message.StartsWith($"ChainWatch:Chains:xrpl:{path}", StringComparison.Ordinal)).ShouldBe(1, $"{path} in:\n{error.Message}");
        }

        error.Errors.Count.ShouldBe(paths.Length, error.Message);
        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public void A_chain_without_anything_to_watch_is_refused()
    {
        Should.Throw<ChainWatchConfigurationException>(() => Registry(static watch => watch.AddXrpl("xrpl", static xrpl =>
        {
            xrpl.Endpoints.Add("wss://node.example.org");
            xrpl.Native = false;
        }))).Errors.ShouldHaveSingleItem().ShouldStartWith("ChainWatch:Chains:xrpl:Tokens");
    }

    private static ChainRegistry Registry(Action<ChainWatchBuilder> configure, params (string Key, string Value)[] settings)
    {
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static setting => new KeyValuePair<string, string?>($"ChainWatch:Chains:{setting.Key}", setting.Value)))
            .Build());
        services.AddLogging();
        services.AddSingleton<TimeProvider>(new ManualTimeProvider());
        services.AddChainWatch(configure);
        return services.BuildServiceProvider().GetRequiredService<ChainRegistry>();
    }
}
