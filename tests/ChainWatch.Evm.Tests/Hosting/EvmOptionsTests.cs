using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Evm.Tests;

public sealed class EvmOptionsTests
{
    [Fact]
    public void A_chain_is_made_of_configuration_alone()
    {
        ChainRegistration registration = Registry(
            static watch => watch.AddEvm(),
            ("ethereum:Kind", "evm"),
            ("ethereum:Endpoints:0:Url", "http://127.0.0.1:8545"),
            ("ethereum:Endpoints:0:WebSocketUrl", "ws://127.0.0.1:8545"),
            ("ethereum:StartAt", "17000000"),
            ("ethereum:Confirmations", "12"),
            ("ethereum:BlockTime", "00:00:02"),
            ("ethereum:InternalTransfers", "true"),
            ("ethereum:ChainId", "11297108109"),
            ("ethereum:SkippedChecks", "Bloom, LogIndex"),
            ("ethereum:CatchUp", "receipts"),
            ("ethereum:Tokens:0:Symbol", "USDC"),
            ("ethereum:Tokens:0:Contract", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
            ("ethereum:Tokens:0:Decimals", "6")).Get("ethereum");

        registration.Chain.Kind.ShouldBe("evm");
        registration.Chain.BlockTime.ShouldBe(TimeSpan.FromSeconds(2));
        registration.Chain.Assets.Select(static asset => $"{asset.Symbol} {asset.Decimals} {asset.Id}").ShouldBe(["ETH 18 ", $"USDC 6 {Bench.Usdc}"]);
        registration.StartHeight.ShouldBe(17_000_000);
        registration.Confirmation.Otherwise.ShouldBe(Confirmation.Blocks(12));
        EvmOptions options = registration.Options.ShouldBeOfType<EvmOptions>();
        options.ChainId.ShouldBe(11_297_108_109);
        options.InternalTransfers.ShouldBeTrue();
        options.SkippedChecks.ShouldBe(EvmChecks.Bloom | EvmChecks.LogIndex);
        options.CatchUp.ShouldBe(EvmCatchUp.Receipts);
        registration.CreateSource().ShouldBeOfType<PolledChainSource>();
        registration.CreateSource().ShouldNotBeSameAs(registration.CreateSource());
    }

    [Fact]
    public void A_chain_is_made_of_code_alone()
    {
        ChainRegistration registration = Registry(static watch => watch.AddEvm("ethereum", static evm =>
        {
            evm.Endpoints.Add("http://127.0.0.1:8545");
            evm.Native = false;
            evm.Tokens.Add("USDC", Bench.Usdc, decimals: 6);
        })).Get("ethereum");

        registration.Chain.Assets.ShouldHaveSingleItem().Symbol.ShouldBe("USDC");
        registration.ReadTokens.ShouldNotBeNull();
        registration.Confirmation.Otherwise.ShouldBe(Confirmation.Finalized);
        registration.StartHeight.ShouldBeNull();
    }

    [Fact]
    public void Answers_about_final_blocks_are_kept_unless_that_is_turned_off()
    {
        ChainRegistration kept = Registry(static watch => watch.AddEvm("ethereum", static evm => evm.Endpoints.Add("http://127.0.0.1:8545"))).Get("ethereum");
        kept.FinalAnswers.ShouldNotBeNull();
        kept.ReadTokens.ShouldBeNull("there are none");
        EvmOptions options = kept.Options.ShouldBeOfType<EvmOptions>();
        (options.FinalCacheBytes, options.FinalCacheExpiry).ShouldBe((32 * 1024 * 1024, TimeSpan.FromHours(1)));

        Registry(
            static watch => watch.AddEvm(),
            ("ethereum:Kind", "evm"),
            ("ethereum:Endpoints:0:Url", "http://127.0.0.1:8545"),
            ("ethereum:FinalCacheBytes", "0")).Get("ethereum").FinalAnswers.ShouldBeNull();
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_with_path_value_and_rule()
    {
        ChainWatchConfigurationException error = Should.Throw<ChainWatchConfigurationException>(() => Registry(
            static watch => watch.AddEvm(),
            ("ethereum:Kind", "evm"),
            ("ethereum:Endpoints:0:Url", "ftp://node/secret"),
            ("ethereum:Endpoints:1:Url", "ws://node.example.org/secret"),
            ("ethereum:StartAt", "yesterday"),
            ("ethereum:Confirmations", "-3"),
            ("ethereum:ChainId", "main"),
            ("ethereum:GenesisHash", "0x12"),
            ("ethereum:SkippedChecks", "Everything"),
            ("ethereum:CatchUp", "1"),
            ("ethereum:FinalCacheBytes", "1000"),
            ("ethereum:FinalCacheExpiry", "00:00:00"),
            ("ethereum:NativeDecimals", "99"),
            ("ethereum:Tokens:0:Symbol", "USDC"),
            ("ethereum:Tokens:0:Contract", "0xa0B86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
            ("ethereum:Tokens:0:Decimals", "6"),
            ("ethereum:Tokens:1:Symbol", "usdc"),
            ("ethereum:Tokens:1:Contract", Bench.Usdc),
            ("ethereum:Tokens:2:Symbol", "ETH"),
            ("ethereum:Tokens:2:Contract", Bench.Usdc),
            ("ethereum:Tokens:2:Decimals", "78"),
            ("ethereum:Tokens:3:Decimals", "0")));

        string[] paths =
        [
            "Endpoints:0:Url", "Endpoints:1:Url", "StartAt", "Confirmations", "ChainId", "GenesisHash", "SkippedChecks", "CatchUp", "FinalCacheBytes", "FinalCacheExpiry", "NativeDecimals", "Tokens:0:Contract", "Tokens:1:Symbol",
            "Tokens:1:Decimals", "Tokens:2:Symbol", "Tokens:2:Contract", "Tokens:2:Decimals", "Tokens:3:Symbol", "Tokens:3:Contract",
        ];
        foreach (string path in paths)
        {
            error.Errors.Count(message => message.StartsWith($"ChainWatch:Chains:ethereum:{path}", StringComparison.Ordinal)).ShouldBe(1, $"{path} in:\n{error.Message}");
        }

        error.Errors.Count.ShouldBe(paths.Length, error.Message);
        error.Message.ShouldNotContain("secret");
        error.Errors.ShouldContain(static message => message.Contains("checksum"));
    }

    [Fact]
    public void A_chain_without_endpoints_or_without_anything_to_watch_is_refused()
    {
        Should.Throw<ChainWatchConfigurationException>(() => Registry(static watch => watch.AddEvm("ethereum")))
            .Errors.ShouldHaveSingleItem().ShouldStartWith("ChainWatch:Chains:ethereum:Endpoints");
        Should.Throw<ChainWatchConfigurationException>(() => Registry(static watch => watch.AddEvm("ethereum", static evm =>
        {
            evm.Endpoints.Add("http://127.0.0.1:8545");
            evm.Native = false;
        }))).Errors.ShouldHaveSingleItem().ShouldStartWith("ChainWatch:Chains:ethereum:Tokens");
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
