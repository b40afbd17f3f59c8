namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinFormatTests
{
    [Theory]
    [InlineData("mainnet", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6")]
    [InlineData("testnet", "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262")]
    [InlineData("mainnet", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")]
    [InlineData("mainnet", "BC1SW50QGDZ25J", "6002751e")]
    [InlineData("mainnet", "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6")]
    [InlineData("mainnet", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323")]
    [InlineData("testnet", "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy", "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433")]
    [InlineData("mainnet", "bc1pfeessrawgf", "51024e73")]
    [InlineData("mainnet", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "76a914751e76e8199196d454941c45d1b3a323f1433bd688ac")]
    [InlineData("mainnet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac")]
    [InlineData("mainnet", "3P14159f73E4gFr7JterCCQh9QjiTjiZrG", "a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87")]
    [InlineData("testnet", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac")]
    [InlineData("signet", "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", "a9144e9f39ca4688ff102128ea4ccda34105324305b087")]
    [InlineData("regtest", "bcrt1q0h38rqt0g68gj2cnludcrhu5gd9xkcsmxcvmxy", "00147de271816f468e892b13ff1b81df94434a6b621b")]
    [InlineData("litecoin-regtest", "rltc1q0nadg8ccjq4rwshmkxrh5hzjy2uz6e7gm9s60l", "00147cfad41f18902a3742fbb1877a5c5222b82d67c8")]
    public void An_address_is_the_output_script_that_it_stands_for(string network, string address, string script)
    {
        BitcoinFormat format = Of(network);
        AddressKey key = format.ParseAddress(address);

        Convert.ToHexStringLower(Scripts.Of(key)).ShouldBe(script);
        OutputScript.HasAddress(Convert.FromHexString(script)).ShouldBeTrue();
        key.Length.ShouldBe(format.AddressKeyLength);
        format.FormatAddress(key).ShouldBe(address.StartsWith("BC", StringComparison.Ordinal) ? address.ToLowerInvariant() : address);
        format.ParseAddress($"  {address} ").ShouldBe(key);
    }

    [Theory]
    [InlineData("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "BIP-350")]
    [InlineData("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "bech32m")]
    [InlineData("BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "version 17")]
    [InlineData("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", "BIP-350")]
    [InlineData("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", "whole bytes")]
    [InlineData("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "20 or 32")]
    [InlineData("bc1gmk9yu", "nothing")]
    [InlineData("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx", "BIP-350")]
    [InlineData("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kV8f3t4", "case")]
    [InlineData("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", "case")]
    [InlineData("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "checksum")]
    [InlineData("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "character")]
    [InlineData("bc1pw5dgrnzv", "holds 1 bytes")]
    [InlineData("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav", "40")]
    [InlineData("bc1", "cut off")]
    [InlineData("bc1q", "cut off")]
    [InlineData("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMJ", "checksum")]
    [InlineData("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26", "bytes")]
    [InlineData("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAM0", "base58")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "base58")]
    [InlineData("", "empty")]
    [InlineData("   ", "empty")]
    [InlineData("1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111", "no address")]
    public void What_is_no_address_is_refused_with_what_is_wrong(string text, string reason)
    {
        BitcoinFormat format = Of(text.StartsWith("tb", StringComparison.Ordinal) ? "testnet" : "mainnet");

        Should.Throw<AddressFormatException>(() => format.ParseAddress(text)).Message.ShouldContain(reason);
    }

    [Theory]
    [InlineData("mainnet", "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", "test networks")]
    [InlineData("mainnet", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "test networks")]
    [InlineData("mainnet", "LaMT348PWRnrqeeWArpwQPbuanpXDZGEUz", "Litecoin")]
    [InlineData("testnet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "Bitcoin")]
    [InlineData("testnet", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "address of Bitcoin,")]
    [InlineData("litecoin", "bcrt1q0h38rqt0g68gj2cnludcrhu5gd9xkcsmxcvmxy", "regression")]
    public void An_address_of_another_network_is_refused_and_the_network_named(string network, string address, string other) =>
        Should.Throw<AddressFormatException>(() => Of(network).ParseAddress(address)).Message.ShouldContain(other);

    [Theory]
    [InlineData("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ")]
    [InlineData("KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617")]
    [InlineData("xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8")]
    public void A_key_in_the_place_of_an_address_is_refused_and_not_repeated(string key)
    {
        AddressFormatException exception = Should.Throw<AddressFormatException>(() => Of("mainnet").ParseAddress(key));

        exception.ToString().ShouldNotContain(key[..8]);
        exception.Address.ShouldNotContain(key[..8]);
    }

    [Fact]
    public void Litecoin_reads_script_hash_addresses_of_both_versions_and_writes_the_new_one()
    {
        BitcoinFormat format = Of("litecoin");
        AddressKey key = format.ParseAddress("3P14159f73E4gFr7JterCCQh9QjiTjiZrG");
        string written = format.FormatAddress(key);

        written.ShouldStartWith("M");
        format.ParseAddress(written).ShouldBe(key);
    }

    [Fact]
    public void A_coin_can_be_written_like_an_address()
    {
        string coin = "f1213d563bda69b890861e80195bc051f7ce5f390ae1d892081faacac9ab68f2:4294967295";
        BitcoinFormat format = Of("regtest");

        AddressKey key = format.ParseAddress(coin);
        format.FormatAddress(key).ShouldBe(coin);
        format.ParseAddress(coin.ToUpperInvariant()).ShouldBe(key);
        Should.Throw<AddressFormatException>(() => format.ParseAddress(coin + "0"));
        Should.Throw<AddressFormatException>(() => format.ParseAddress(coin[..64]));
    }

    [Fact]
    public void Scripts_without_an_address_have_none()
    {
        Random random = Runs.Seeded();
        byte[] key = Scripts.Bytes(random, 33);
        byte[][] scripts =
        [
            Scripts.PublicKey(key), Scripts.PublicKey(Scripts.Bytes(random, 65)), Scripts.Multisig(key, Scripts.Bytes(random, 33)), Scripts.Data(key), [], [0x51],
            [.. Scripts.PublicKeyHash(Scripts.Bytes(random, 20)), 0], Scripts.PublicKeyHash(Scripts.Bytes(random, 19)), Scripts.ScriptHash(Scripts.Bytes(random, 21)),
            Scripts.Program(0, Scripts.Bytes(random, 21)), Scripts.Program(1, Scripts.Bytes(random, 1)), Scripts.Program(1, Scripts.Bytes(random, 41)), [0x51, 0x20, .. Scripts.Bytes(random, 31)],
            [0x61, 0x02, 1, 2], [0x4f, 0x02, 1, 2],
        ];

        foreach (byte[] script in scripts)
        {
            OutputScript.HasAddress(script).ShouldBeFalse(Convert.ToHexStringLower(script));
        }
    }

    [Fact]
    public void Every_script_with_an_address_comes_back_from_its_text_on_every_network()
    {
        Random random = Runs.Seeded();
        int run = 0;
        for (int left = Runs.Of(5_000, 500_000); left > 0; left--)
        {
            byte[] script = Scripts.Random(random);
            if (!OutputScript.HasAddress(script))
            {
                continue;
            }

            BitcoinFormat format = new(BitcoinNetwork.Known[run++ % BitcoinNetwork.Known.Count]);
            AddressKey key = new([.. script, .. new byte[OutputScript.KeyLength - script.Length]]);
            string address = format.FormatAddress(key);
            format.ParseAddress(address).ShouldBe(key, address);
        }
    }

    private static BitcoinFormat Of(string network) => new(BitcoinNetwork.Find(network)!);
}
