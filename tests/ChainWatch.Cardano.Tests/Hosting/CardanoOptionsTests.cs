using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Cardano.Tests;

public sealed class CardanoOptionsTests
{
    private const string Path = "ChainWatch:Chains:cardano";

    private static ChainRegistration Create(params (string Key, string Value)[] settings)
    {
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(static setting => KeyValuePair.Create<string, string?>($"{Path}:{setting.Key}", setting.Value)).Append(new($"{Path}:Kind", "cardano"))).Build());
        services.AddLogging();
        services.AddChainWatch(static watch => watch.AddCardano());
        return services.BuildServiceProvider().GetRequiredService<ChainRegistry>().Get("cardano");
    }

    private static string Error(params (string Key, string Value)[] settings) =>
        string.Join('\n', Should.Throw<ChainWatchConfigurationException>(() => Create([("Endpoints:0:Url", "ws://127.0.0.1:1337"), .. settings])).Errors);

    [Fact]
    public void A_chain_is_wired_by_configuration_alone()
    {
        ChainRegistration registration = Create(
            ("Endpoints:0:Url", "wss://ogmios.example/{key}"),
            ("Endpoints:0:ApiKeys:0", "secret"),
            ("Network", "preview"),
            ("Tokens:0:Symbol", "GOLD"),
            ("Tokens:0:Policy", Someone.Policy),
            ("Tokens:0:AssetName", "474f4c44"),
            ("Tokens:0:Decimals", "2"),
            ("MatchBy", "paymentCredential"),
            ("Pipelining", "50"),
            ("Checkpoints:0", $"5:{new string('a', 64)}"),
            ("Confirmations", "20"));

        registration.Chain.Kind.ShouldBe("cardano");
        registration.Chain.Assets.Select(static asset => asset.Symbol).ShouldBe(["ADA", "GOLD"]);
        registration.Chain.BlockTime.ShouldBe(TimeSpan.FromSeconds(20));
        registration.Chain.Format.ParseAddress(Someone.Bob).Length.ShouldBe(64);
        registration.Recovery.Resubscribe.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("Network", "testnet", "ChainWatch:Chains:cardano:Network is 'testnet': it must be mainnet, preprod, preview, or the magic number")]
    [InlineData("MatchBy", "stake", "ChainWatch:Chains:cardano:MatchBy is 'stake': it must be address or paymentCredential")]
    [InlineData("Pipelining", "0", "ChainWatch:Chains:cardano:Pipelining is '0': it must be from 1 to 1000")]
    [InlineData("Checkpoints:0", "123", "ChainWatch:Chains:cardano:Checkpoints:0 is '123': it must be a point of the chain as slot:hash")]
    [InlineData("Native", "false", "with Native false there is nothing to watch")]
    [InlineData("Endpoints:1:Url", "https://key@ogmios.example/secret", "ChainWatch:Chains:cardano:Endpoints:1:Url")]
    [InlineData("Tokens:0:Symbol", "GOLD", "ChainWatch:Chains:cardano:Tokens:0:Policy is '': it must be the id of a policy")]
    [InlineData("Tokens:0:AssetName", "47f", "ChainWatch:Chains:cardano:Tokens:0:AssetName is '47f': it must be an even number of hexadecimal digits")]
    [InlineData("Pipeline", "5", "did you mean 'Pipelining'?")]
    public void What_is_wrong_is_told_with_its_path_and_the_rule(string key, string value, string message)
    {
        string errors = Error((key, value));

        errors.ShouldContain(message);
        errors.ShouldNotContain("secret");
    }

    [Fact]
    public void A_token_that_is_listed_twice_is_told()
    {
        string errors = Error(
            ("Tokens:0:Symbol", "GOLD"),
            ("Tokens:0:Policy", Someone.Policy),
            ("Tokens:0:AssetName", "474f"),
            ("Tokens:1:Symbol", "ada"),
            ("Tokens:1:Policy", Someone.Policy.ToUpperInvariant()),
            ("Tokens:1:AssetName", "474F"));

        errors.ShouldContain("Tokens:1 is listed already under another symbol");
        errors.ShouldContain("Tokens:1:Symbol is 'ada': each asset of a chain needs a symbol of its own");
    }
}
