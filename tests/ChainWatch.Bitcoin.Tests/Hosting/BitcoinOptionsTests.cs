using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinOptionsTests
{
    [Fact]
    public void A_chain_is_made_of_configuration_alone()
    {
        ChainRegistration registration = Registry(
            static watch => watch.AddBitcoin(),
            ("litecoin:Kind", "bitcoin"),
            ("litecoin:Network", "Litecoin"),
            ("litecoin:Endpoints:0:Url", "http://127.0.0.1:9332"),
            ("litecoin:Endpoints:0:CredentialsFile", "/var/lib/litecoind/.cookie"),
            ("litecoin:StartAt", "2500000"),
            ("litecoin:VerifyWitness", "false"),
            ("litecoin:LongPoll", "false"),
            ("litecoin:Zmq:0", "tcp://127.0.0.1:28332"),
            ("litecoin:Addresses:0", "LaMT348PWRnrqeeWArpwQPbuanpXDZGEUz")).Get("litecoin");

        registration.Chain.Kind.ShouldBe("bitcoin");
        registration.Chain.BlockTime.ShouldBe(TimeSpan.FromSeconds(150));
        registration.Chain.Assets.Select(static asset => $"{asset.Symbol} {asset.Decimals}").ShouldBe(["LTC 8"]);
        registration.Confirmation.Otherwise.ShouldBe(Confirmation.Blocks(6));
        registration.EventTimeout.ShouldBe(TimeSpan.FromMinutes(37.5));
        BitcoinOptions options = registration.Options.ShouldBeOfType<BitcoinOptions>();
        options.Zmq.ShouldBe(["tcp://127.0.0.1:28332"]);
        options.VerifyWitness.ShouldBeFalse();
        options.LongPoll.ShouldBeFalse();
        registration.CreateSource().ShouldBeOfType<PolledChainSource>();
    }

    [Fact]
    public void A_chain_is_made_of_code_alone()
    {
        ChainRegistration registration = Registry(static watch => watch.AddBitcoin("bitcoin", static bitcoin => bitcoin.Endpoints.Add("http://127.0.0.1:8332"))).Get("bitcoin");

        registration.Chain.Assets.ShouldHaveSingleItem().Symbol.ShouldBe("BTC");
        registration.StartHeight.ShouldBeNull();
        registration.EventTimeout.ShouldBe(TimeSpan.FromMinutes(150));
        registration.Chain.Format.ParseAddress("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa").Length.ShouldBe(42);
    }

    [Fact]
    public void A_network_of_ones_own_is_made_of_the_nearest_one()
    {
        ChainRegistration registration = Registry(
            static watch => watch.AddBitcoin(),
            ("coin:Kind", "bitcoin"),
            ("coin:Endpoints:0:Url", "http://127.0.0.1:8332"),
            ("coin:Network", "regtest"),
            ("coin:AddressPrefix", "xyz"),
            ("coin:PublicKeyHashVersion", "60"),
            ("coin:ScriptHashVersion", "122"),
            ("coin:Symbol", "XYZ"),
            ("coin:ChainName", "own"),
            ("coin:GenesisHash", new string('1', 64))).Get("coin");

        ChainFormat format = registration.Chain.Format;
        AddressKey key = OutputScript.OfProgram(1, new byte[32]);
        format.FormatAddress(key).ShouldStartWith("xyz1p");
        format.ParseAddress(format.FormatAddress(key)).ShouldBe(key);
        format.ParseAddress(format.FormatAddress(OutputScript.OfPublicKeyHash(new byte[20]))).ShouldBe(OutputScript.OfPublicKeyHash(new byte[20]));
        registration.Chain.Assets[0].Symbol.ShouldBe("XYZ");
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_with_path_value_and_rule()
    {
        ChainWatchConfigurationException error = Should.Throw<ChainWatchConfigurationException>(() => Registry(
            static watch => watch.AddBitcoin(),
            ("bitcoin:Kind", "bitcoin"),
            ("bitcoin:Network", "bitcoin"),
            ("bitcoin:Endpoints:0:Url", "ws://127.0.0.1:8332"),
            ("bitcoin:Endpoints:1:Url", "http://user:secret@127.0.0.1:8332"),
            ("bitcoin:Endpoints:1:CredentialsFile", "/cookie"),
            ("bitcoin:Endpoints:1:WebSocketUrl", "ws://127.0.0.1:8332"),
            ("bitcoin:Confirmations", "safe"),
            ("bitcoin:GenesisHash", "0x12"),
            ("bitcoin:AddressPrefix", "BC"),
            ("bitcoin:PublicKeyHashVersion", "256"),
            ("bitcoin:Symbol", "B T C"),
            ("bitcoin:Zmq:0", "http://127.0.0.1:28332"),
            ("bitcoin:Nettwork", "mainnet")));

        string all = error.ToString();
        foreach (string path in new[]
        {
            "bitcoin:Network is 'bitcoin'", "Endpoints:0:Url", "Endpoints:1:CredentialsFile", "Endpoints:1:WebSocketUrl", "Confirmations is 'safe'", "GenesisHash is '0x12'", "AddressPrefix is 'BC'",
            "PublicKeyHashVersion is '256'", "Symbol is 'B T C'", "Zmq:0", "Nettwork",
        })
        {
            all.ShouldContain(path);
        }

        all.ShouldNotContain("secret");
    }

    [Fact]
    public void An_address_of_another_network_in_the_configuration_is_told() =>
        Should.Throw<ChainWatchConfigurationException>(() => Registry(
            static watch => watch.AddBitcoin(),
            ("bitcoin:Kind", "bitcoin"),
            ("bitcoin:Endpoints:0:Url", "http://127.0.0.1:8332"),
            ("bitcoin:Addresses:0", Bench.Alice))).Message.ShouldContain("regression");

    private static ChainRegistry Registry(Action<ChainWatchBuilder> configure, params (string Key, string Value)[] settings)
    {
        ServiceCollection services = [];
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create($"ChainWatch:Chains:{setting.Key}", (string?)setting.Value)))
            .Build());
        services.AddLogging();
        services.AddChainWatch(configure);
        return services.BuildServiceProvider().GetRequiredService<ChainRegistry>();
    }
}
