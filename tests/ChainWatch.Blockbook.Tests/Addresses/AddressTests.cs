using System.Text;
using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook.Tests;

public sealed class AddressTests
{
    /// <summary>Published addresses of each coin with the script that they stand for.</summary>
    [Theory]
    [InlineData("bitcoin", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "76a914751e76e8199196d454941c45d1b3a323f1433bd688ac")]
    [InlineData("bitcoin", "3P14159f73E4gFr7JterCCQh9QjiTjiZrG", "a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87")]
    [InlineData("bitcoin", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "0014751e76e8199196d454941c45d1b3a323f1433bd6")]
    [InlineData("bitcoin", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")]
    [InlineData("bitcoin-testnet", "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262")]
    [InlineData("bitcoin-testnet", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac")]
    [InlineData("bitcoin-testnet", "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", "a9144e9f39ca4688ff102128ea4ccda34105324305b087")]
    [InlineData("bitcoin-cash", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac")]
    [InlineData("bitcoin-cash", "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq", "a91476a04053bda0a88bda5177b86a15c3b29f55987387")]
    public void An_address_of_a_coin_is_its_script_and_is_read_alike_by_hosts_and_out_of_answers(string name, string address, string script)
    {
        Coin coin = Coin.Find(name)!;
        ScriptFormat format = new(coin);
        ScriptText text = new(coin, format);
        byte[] expected = [.. Convert.FromHexString(script), .. new byte[OutputScript.KeyLength - (script.Length / 2)]];

        AddressKey key = format.ParseAddress(address);
        byte[] read = new byte[OutputScript.KeyLength];

        key.Bytes.ToArray().ShouldBe(expected);
        text.TryRead(Encoding.ASCII.GetBytes(address), read).ShouldBeTrue();
        read.ShouldBe(expected);
        text.IsWhole(Encoding.ASCII.GetBytes(address), key).ShouldBeTrue();
        format.FormatAddress(key).ShouldBe(address);
    }

    [Fact]
    public void Bitcoin_Cash_has_old_addresses_too_and_prefixes_may_be_left_out()
    {
        ScriptFormat format = new(Coin.Find("bitcoin-cash")!);
        AddressKey key = format.ParseAddress("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a");

        format.ParseAddress("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu").ShouldBe(key);
        format.ParseAddress("qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a").ShouldBe(key);
        format.ParseAddress("BITCOINCASH:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A").ShouldBe(key);
    }

    [Theory]
    [InlineData("bitcoin", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "bech32m")]
    [InlineData("bitcoin", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMJ", "checksum")]
    [InlineData("bitcoin", "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b:0", "cannot be watched here")]
    [InlineData("bitcoin-cash", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6b", "checksum")]
    [InlineData("bitcoin-cash", "bchtest:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "bitcoincash:")]
    [InlineData("bitcoin-cash", "bitcoincash:Qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "upper and lower")]
    [InlineData("dogecoin", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "another network")]
    [InlineData("dogecoin", "", "is empty")]
    [InlineData("dogecoin", "0x3B685307C8611AFb2A9E83EBc8743dc20480716E", "base58")]
    [InlineData("zcash", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "holds 25 bytes")]
    [InlineData("dogecoin", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "private key")]
    public void What_is_no_address_is_refused_with_the_reason(string coin, string text, string reason)
    {
        AddressFormatException error = Should.Throw<AddressFormatException>(() => new ScriptFormat(Coin.Find(coin)!).ParseAddress(text));

        error.Message.ShouldContain(reason);
        if (reason == "private key")
        {
            error.Message.ShouldNotContain("5Hue");
        }
    }

    [Theory]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", null)]
    [InlineData("0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359", null)]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "checksum (EIP-55)")]
    [InlineData("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "has 40 characters")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", "no hexadecimal digits")]
    public void Accounts_are_compared_by_their_bytes_and_checked_by_their_case(string text, string? reason)
    {
        if (reason is null)
        {
            AddressKey key = AccountFormat.Instance.ParseAddress(text);
            AccountFormat.Instance.FormatAddress(key).ShouldBe(text.ToLowerInvariant());
            byte[] read = new byte[20];
            new AccountText().TryRead(Encoding.ASCII.GetBytes(text), read).ShouldBeTrue();
            read.ShouldBe(key.Bytes.ToArray());
        }
        else
        {
            Should.Throw<AddressFormatException>(() => AccountFormat.Instance.ParseAddress(text)).Message.ShouldContain(reason);
        }
    }

    /// <summary>For every coin, what a key is written as is read back to it, by the careful reader and by the fast one; a wrong character is found by the careful one.</summary>
    [Fact]
    public void Every_coins_addresses_survive_the_way_there_and_back()
    {
        Random random = new(4);
        foreach (Coin coin in Coin.Known.Where(static coin => coin.Type == CoinType.Bitcoin))
        {
            ScriptFormat format = new(coin);
            ScriptText text = new(coin, format);
            byte[] hash = new byte[20];
            for (int round = 0; round < 200; round++)
            {
                random.NextBytes(hash);
                AddressKey key = random.Next(2) == 0 ? OutputScript.OfPublicKeyHash(hash) : OutputScript.OfScriptHash(hash);
                string address = format.FormatAddress(key);
                byte[] read = new byte[OutputScript.KeyLength];

                format.ParseAddress(address).ShouldBe(key, address);
                text.TryRead(Encoding.ASCII.GetBytes(address), read).ShouldBeTrue(address);
                read.ShouldBe(key.Bytes.ToArray(), address);
                char[] wrong = address.ToCharArray();
                int at = random.Next(wrong.Length);
                wrong[at] = wrong[at] == 'q' ? 'p' : 'q';
                text.IsWhole(Encoding.ASCII.GetBytes(wrong), key).ShouldBeFalse(address);
            }
        }
    }
}
