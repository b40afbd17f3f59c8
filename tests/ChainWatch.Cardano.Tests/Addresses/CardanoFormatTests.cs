namespace ChainWatch.Cardano.Tests;

public sealed class CardanoFormatTests
{
    private const string Payment = "9493315cd92eb5d8c4304e67b7e16ae36d61d34502694657811a2c8e";
    private const string Stake = "337b62cfff6403a06a3acbc34f8c46003c69fe79a3628cefa9c47251";
    private const string Script = "c37b1b5dc0669f1d3c61a6fddb2e8fde96be87b881c60bce8e8d542f";
    private static readonly CardanoFormat Main = new(CardanoNetwork.Main);
    private static readonly CardanoFormat Test = new(CardanoNetwork.Find("preprod")!);

    /// <summary>Vectors of CIP-19.</summary>
    [Theory]
    [InlineData("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8", "61" + Payment)]
    [InlineData("addr1w8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcyjy7wx", "71" + Script)]
    [InlineData("addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x", "01" + Payment + Stake)]
    [InlineData("addr1gx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrzqf96k", "41" + Payment + "8198bd431b03")]
    [InlineData("addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz", "60" + Payment)]
    public void Shelley_addresses_are_read_by_their_bytes_and_written_back(string text, string hex)
    {
        CardanoFormat format = text.StartsWith("addr1", StringComparison.Ordinal) ? Main : Test;

        AddressKey key = format.ParseAddress(text);

        key.ToString().ShouldBe(hex.PadRight(128, '0'));
        format.FormatAddress(key).ShouldBe(text);
        format.ParseAddress(text.ToUpperInvariant()).ShouldBe(key);
    }

    [Theory]
    [InlineData("DdzFFzCqrht8mbSTZHqpM2u4HeND2mdspsaBhdQ1BowPJBMzbDeBMeKgqdoKqo1D4sdPusEdZJVrFJRBBxX1jUEofNDYCJSZLg8MkyCE", "80dd94caac8641138040ceddb1af8ca5f733cce6dbde251d61c40eddfc", null)]
    [InlineData("37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj64na", "817e9ee4a9527dea9091e2d580edd6716888c42f75d96276290f98fe0b", "1097911063")]
    public void Byron_addresses_are_read_by_their_root_and_attributes_and_written_back(string text, string start, string? network)
    {
        CardanoFormat format = new(network is null ? CardanoNetwork.Main : CardanoNetwork.Find(network)!);

        AddressKey key = format.ParseAddress(text);

        key.Length.ShouldBe(64);
        key.ToString().ShouldStartWith(start);
        format.FormatAddress(key).ShouldBe(text);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw", "is a stake address")]
    [InlineData("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl9", "has a wrong checksum")]
    [InlineData("addr1Vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8", "mixes upper and lower case")]
    [InlineData("addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz", "is an address of a test network; this chain is 'mainnet', whose addresses begin with addr1")]
    [InlineData("37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj64na", "is a Byron address of another network")]
    [InlineData("DdzFFzCqrht8mbSTZHqpM2u4HeND2mdspsaBhdQ1BowPJBMzbDeBMeKgqdoKqo1D4sdPusEdZJVrFJRBBxX1jUEofNDYCJSZLg8MkyCF", "has a wrong checksum")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "is no address of Cardano")]
    [InlineData("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "is no address of Cardano")]
    [InlineData("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "is no address of Cardano: it is base58")]
    public void What_is_no_address_of_this_chain_is_refused_with_the_reason(string text, string reason)
    {
        AddressFormatException exception = Should.Throw<AddressFormatException>(() => Main.ParseAddress(text));

        exception.Message.ShouldContain(reason);
    }

    [Fact]
    public void A_Shelley_address_in_base58_and_a_Byron_address_in_bech32_are_refused()
    {
        byte[] shelley = [0x61, .. Convert.FromHexString(Payment)];
        byte[] byron = new byte[58];
        byron[0] = 0x82;

        Should.Throw<AddressFormatException>(() => Main.ParseAddress(Base58.Encode(shelley))).Message.ShouldContain("write it in bech32");
        Should.Throw<AddressFormatException>(() => Main.ParseAddress(Bech32.Encode("addr"u8, byron))).Message.ShouldContain("write it in base58");
        Should.Throw<AddressFormatException>(() => Main.ParseAddress(Bech32.Encode("addr"u8, [.. shelley, 1]))).Message.ShouldContain("type is 6 and it has 30 bytes");
        Should.Throw<AddressFormatException>(() => Main.ParseAddress(Bech32.Encode("addr"u8, [0xE1, .. shelley[1..]]))).Message.ShouldContain("no address that can be paid to");
    }

    [Fact]
    public void By_payment_credential_all_addresses_of_a_key_are_one_and_a_script_of_the_same_hash_is_another()
    {
        CardanoFormat format = new(CardanoNetwork.Main, byCredential: true);
        byte[] payment = Convert.FromHexString(Payment);
        byte[] stake = Convert.FromHexString(Stake);
        AddressKey enterprise = format.ParseAddress(Bech32.Encode("addr"u8, [0x61, .. payment]));

        format.ParseAddress(Bech32.Encode("addr"u8, [0x01, .. payment, .. stake])).ShouldBe(enterprise);
        format.ParseAddress(Bech32.Encode("addr"u8, [0x21, .. payment, .. stake])).ShouldBe(enterprise);
        format.ParseAddress(Bech32.Encode("addr"u8, [0x41, .. payment, 1, 2, 3])).ShouldBe(enterprise);
        format.ParseAddress(Bech32.Encode("addr"u8, [0x11, .. payment, .. stake])).ShouldNotBe(enterprise);
        format.FormatAddress(enterprise).ShouldBe("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8");
        Main.ParseAddress(Bech32.Encode("addr"u8, [0x01, .. payment, .. stake])).ShouldNotBe(Main.ParseAddress(Bech32.Encode("addr"u8, [0x61, .. payment])));
    }

    [Theory]
    [InlineData("mainnet")]
    [InlineData("preprod")]
    [InlineData("1097911063")]
    public void Any_Byron_address_of_a_wallet_is_written_back_as_it_was(string network)
    {
        CardanoFormat format = new(CardanoNetwork.Find(network)!);
        Random random = new(3);
        for (int round = 0; round < 200; round++)
        {
            byte[] form = new byte[AddressForm.Length];
            byte[] root = new byte[28];
            random.NextBytes(root);
            bool hasPath = round % 2 == 0;
            byte[] path = new byte[28];
            random.NextBytes(path);
            form[0] = (byte)(network == "mainnet" ? 0x80 : 0x81);
            root.CopyTo(form, 1);
            byte[] rest = hasPath ? [0xA1, 1, 0x58, 30, 0x58, 28, .. path, 0] : [0xA0, (byte)(round % 3)];
            rest.CopyTo(form, 29);
            AddressKey key = new(form);

            format.ParseAddress(format.FormatAddress(key)).ShouldBe(key);
        }
    }
}
