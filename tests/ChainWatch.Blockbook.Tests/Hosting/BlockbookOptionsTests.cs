using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Blockbook.Tests;

public sealed class BlockbookOptionsTests
{
    [Fact]
    public void A_chain_is_made_of_configuration_alone()
    {
        ChainRegistration registration = Get(
            ("coin:Kind", "blockbook"),
            ("coin:Coin", "ethereum"),
            ("coin:Endpoints:0:Url", "https://blockbook.example.org"),
            ("coin:Endpoints:0:WebSocketUrl", "wss://blockbook.example.org/websocket"),
            ("coin:Tokens:0:Symbol", "USDC"),
            ("coin:Tokens:0:Contract", EthereumChain.Usdc),
            ("coin:Tokens:0:Decimals", "6"),
            ("coin:Limits", "none"),
            ("coin:InternalTransfers", "true"));

        registration.Chain.Kind.ShouldBe("blockbook");
        registration.Chain.Assets.Select(static asset => $"{asset.Symbol} {asset.Decimals}").ShouldBe(["ETH 18", "USDC 6"]);
        registration.Confirmation.Otherwise.ShouldBe(Confirmation.Blocks(64));
        registration.StateReader.ShouldNotBeNull();
        ((BlockbookOptions)registration.Options).Limits.ShouldBe(BlockbookLimits.None);
    }

    [Theory]
    [InlineData("bitcoin", 6, 600)]
    [InlineData("dogecoin", 40, 60)]
    [InlineData("zcash", 24, 75)]
    public void Each_coin_brings_its_own_defaults(string coin, int confirmations, int seconds)
    {
        ChainRegistration registration = Get(("coin:Kind", "blockbook"), ("coin:Coin", coin), ("coin:Endpoints:0:Url", "https://blockbook.example.org"));

        registration.Confirmation.Otherwise.ShouldBe(Confirmation.Blocks(confirmations));
        registration.Chain.BlockTime.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void A_coin_that_has_no_name_here_is_described()
    {
        ChainRegistration registration = Get(
            ("coin:Kind", "blockbook"),
            ("coin:Coin", "dogecoin"),
            ("coin:Symbol", "XYZ"),
            ("coin:Shortcut", "XYZ"),
            ("coin:Decimals", "6"),
            ("coin:GenesisHash", new string('1', 64)),
            ("coin:PublicKeyHashVersion", "0"),
            ("coin:ScriptHashVersion", "5"),
            ("coin:Endpoints:0:Url", "https://blockbook.example.org"));

        registration.Chain.Assets.ShouldHaveSingleItem().Symbol.ShouldBe("XYZ");
        registration.Chain.Format.ParseAddress("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH");
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_with_path_value_and_rule()
    {
        ChainWatchConfigurationException error = Should.Throw<ChainWatchConfigurationException>(static () => Get(
            ("coin:Kind", "blockbook"),
            ("coin:Coin", "ethereun"),
            ("coin:Endpoints:0:Url", "ftp://host/secret"),
            ("coin:GenesisHash", "12"),
            ("coin:Decimals", "78"),
            ("coin:Limits", "3"),
            ("coin:ScriptHashVersion", "70000"),
            ("coin:Tokens:0:Contract", EthereumChain.Usdc),
            ("coin:Tokens:1:Symbol", "B"),
            ("coin:Tokens:1:Contract", EthereumChain.Usdc[..^1]),
            ("coin:Tokens:1:Decimals", "6"),
            ("coin:Tokens:2:Symbol", "C"),
            ("coin:Tokens:2:Contract", EthereumChain.Usdc),
            ("coin:Tokens:2:Decimals", "6"),
            ("coin:Colour", "blue")));

        foreach (string part in (string[])[":Coin is 'ethereun'", "ethereum-classic", ":GenesisHash", ":Decimals", ":Limits is '3'", "Public or None", ":ScriptHashVersion", ":Tokens:0:Symbol", ":Tokens:0:Decimals", ":Tokens:1:Contract", ":Tokens:2 is listed already", ":Colour"])
        {
            error.Message.ShouldContain(part);
        }

        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public void What_a_kind_of_chain_does_not_have_is_refused()
    {
        Should.Throw<ChainWatchConfigurationException>(static () => Get(("coin:Kind", "blockbook"), ("coin:Coin", "bitcoin"), ("coin:InternalTransfers", "true"), ("coin:Endpoints:0:Url", "https://h")))
            .Message.ShouldContain("for chains of Ethereum's kind");
        Should.Throw<ChainWatchConfigurationException>(static () => Get(("coin:Kind", "blockbook"), ("coin:Coin", "ethereum"), ("coin:Native", "false"), ("coin:Endpoints:0:Url", "https://h")))
            .Message.ShouldContain("nothing to watch");
    }

    private static ChainRegistration Get(params (string Key, string Value)[] settings)
    {
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create($"ChainWatch:Chains:{setting.Key}", (string?)setting.Value))).Build());
        services.AddLogging();
        services.AddChainWatch(static watch => watch.AddBlockbook());
        return services.BuildServiceProvider().GetRequiredService<ChainRegistry>().Get("coin");
    }
}
