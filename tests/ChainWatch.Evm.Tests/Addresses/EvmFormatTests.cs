using System.Text;

namespace ChainWatch.Evm.Tests;

public sealed class EvmFormatTests
{
    [Theory]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7")]
    [InlineData("0xde709f2102306220921060314715629080e2fb77")]
    public void Takes_the_addresses_of_EIP_55(string address)
    {
        AddressKey key = EvmFormat.Instance.ParseAddress(address);

        EvmFormat.Instance.FormatAddress(key).ShouldBe(address.ToLowerInvariant());
        EvmFormat.FormatChecksum(key).ShouldBe(address);
    }

    [Fact]
    public void Refuses_a_mixed_case_address_whose_checksum_is_wrong()
    {
        AddressFormatException error = Should.Throw<AddressFormatException>(() => EvmFormat.Instance.ParseAddress("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));

        error.Message.ShouldContain("checksum");
    }

    [Fact]
    public void One_address_in_three_casings_is_one_key()
    {
        AddressKey mixed = EvmFormat.Instance.ParseAddress("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");

        EvmFormat.Instance.ParseAddress("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed").ShouldBe(mixed);
        EvmFormat.Instance.ParseAddress("0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED").ShouldBe(mixed);
    }

    [Theory]
    [InlineData("", "0x")]
    [InlineData("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "0x")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae", "39 digits")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeda", "41 digits")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg", "hexadecimal")]
    public void Says_what_is_wrong_with_a_text_that_is_no_address(string text, string reason) =>
        Should.Throw<AddressFormatException>(() => EvmFormat.Instance.ParseAddress(text)).Message.ShouldContain(reason);

    [Fact]
    public void Writes_hashes_with_a_prefix_and_reads_them_back()
    {
        Hash256 hash = Hash256.Parse("ABcdef0000000000000000000000000000000000000000000000000000000001");

        EvmFormat.Instance.FormatHash(hash).ShouldBe("0xabcdef0000000000000000000000000000000000000000000000000000000001");
        EvmFormat.Instance.ParseHash(EvmFormat.Instance.FormatHash(hash)).ShouldBe(hash);
    }

    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("Transfer(address,address,uint256)", "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    public void Hashes_as_Ethereum_does(string text, string expected)
    {
        byte[] hash = new byte[32];
        Keccak256.Hash(Encoding.ASCII.GetBytes(text), hash);

        Convert.ToHexStringLower(hash).ShouldBe(expected);
    }

    [Theory]
    [InlineData("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 0, "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d")]
    [InlineData("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 1, "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8")]
    [InlineData("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0", 2, "0xf778b86fa74e846c4f0a1fbd1335fe81c00a0c91")]
    public void Knows_the_address_of_a_contract_before_it_is_created(string sender, ulong nonce, string created) =>
        CreatedAddress.Of(new EvmAddress(Bench.Key(sender).Bytes), nonce).ToString().ShouldBe(created);

    [Fact]
    public void Hashes_texts_of_every_length_around_a_block()
    {
        // The padding's two marks share one byte when one byte is left: a classic slip.
        HashSet<string> hashes = [];
        for (int length = 130; length <= 140; length++)
        {
            byte[] hash = new byte[32];
            Keccak256.Hash(new byte[length], hash);
            hashes.Add(Convert.ToHexStringLower(hash)).ShouldBeTrue();
        }

        byte[] known = new byte[32];
        Keccak256.Hash(new byte[136], known);
        Convert.ToHexStringLower(known).ShouldBe("3a5912a7c5faa06ee4fe906253e339467a9ce87d533c65be3c15cb231cdb25f9");
    }
}
