namespace ChainWatch.Xrpl.Tests;

public sealed class XrplFormatTests
{
    private const string Classic = "rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf";

    [Theory]
    [InlineData("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf", "aa066c988c712815cc37af71472b7cbbbd4e2a0a")]
    [InlineData("rrrrrrrrrrrrrrrrrrrrrhoLvTp", "0000000000000000000000000000000000000000")]
    [InlineData("rrrrrrrrrrrrrrrrrrrrBZbvji", "0000000000000000000000000000000000000001")]
    [InlineData("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "b5f762798a53d543a014caf8b297cff8f2f937e8")]
    public void A_classic_address_is_its_account_and_is_written_back_as_it_was(string text, string account)
    {
        AddressKey key = XrplFormat.MainNet.ParseAddress(text);

        key.ToString().ShouldBe(account + "0000000000");
        XrplFormat.MainNet.FormatAddress(key).ShouldBe(text);
        XrplFormat.TestNet.ParseAddress($" {text} ").ShouldBe(key);
    }

    [Theory]
    [InlineData("XVLhHMPHU98es4dbozjVtdWzVrDjtV5fdx1mHp98tDMoQXb", Classic, true)]
    [InlineData("XVLhHMPHU98es4dbozjVtdWzVrDjtV8AqEL4xcZj5whKbmc", Classic + ":0", true)]
    [InlineData("XVLhHMPHU98es4dbozjVtdWzVrDjtV8xvjGQTYPiAx6gwDC", Classic + ":1", true)]
    [InlineData("XVLhHMPHU98es4dbozjVtdWzVrDjtV18pX8yuPT7y4xaEHi", Classic + ":4294967295", true)]
    [InlineData("TVE26TYGhfLC7tQDno7G8dGtxSkYQn49b3qD26PK7FcGSKE", Classic, false)]
    [InlineData("TVE26TYGhfLC7tQDno7G8dGtxSkYQnXoy6kSDh6rZzApc69", Classic + ":4294967295", false)]
    public void An_X_address_is_account_and_tag_and_only_of_its_own_network(string text, string same, bool main)
    {
        XrplFormat format = main ? XrplFormat.MainNet : XrplFormat.TestNet;
        XrplFormat other = main ? XrplFormat.TestNet : XrplFormat.MainNet;
        AddressKey key = format.ParseAddress(text);

        format.FormatAddress(key).ShouldBe(same);
        format.ParseAddress(same).ShouldBe(key);
        format.FormatXAddress(key).ShouldBe(text);
        Should.Throw<AddressFormatException>(() => other.ParseAddress(text)).Message.ShouldContain("another network");
    }

    [Fact]
    public void An_absent_tag_and_tag_0_are_two_addresses()
    {
        XrplFormat.MainNet.ParseAddress(Classic).ShouldNotBe(XrplFormat.MainNet.ParseAddress(Classic + ":0"));
    }

    [Theory]
    [InlineData("", "is no address")]
    [InlineData("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpF", "checksum")]
    [InlineData("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYp", "checksum")]
    [InlineData("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYp0", "character '0'")]
    [InlineData("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf:", "destination tag")]
    [InlineData("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf:-1", "destination tag")]
    [InlineData("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf:4294967296", "destination tag")]
    [InlineData("rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf:1:2", "destination tag")]
    [InlineData("XVLhHMPHU98es4dbozjVtdWzVrDjtV8xvjGQTYPiAx6gwDC:2", "another tag")]
    [InlineData("snoPBrXtMeMyMHUVTgbuqAfg1SUTb", "seeds")]
    [InlineData("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "character '0'")]
    [InlineData("rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", "too long")]
    public void What_is_no_address_is_refused_with_the_reason(string text, string reason)
    {
        Should.Throw<AddressFormatException>(() => XrplFormat.MainNet.ParseAddress(text)).Message.ShouldContain(reason);
    }

    [Fact]
    public void Random_addresses_survive_the_round_trip_and_a_wrong_character_is_found()
    {
        Random random = new(11);
        Span<byte> account = stackalloc byte[20];
        for (int round = 0; round < 2000; round++)
        {
            random.NextBytes(account);
            account[..random.Next(4)].Clear();
            uint? tag = random.Next(3) == 0 ? null : (uint)random.NextInt64(uint.MaxValue + 1L);
            AddressKey key = AccountKey.Create(account, tag);
            XrplFormat.MainNet.ParseAddress(XrplFormat.MainNet.FormatAddress(key)).ShouldBe(key);
            string x = XrplFormat.MainNet.FormatXAddress(key);
            XrplFormat.MainNet.ParseAddress(x).ShouldBe(key);
            char[] broken = x.ToCharArray();
            int at = random.Next(broken.Length);
            broken[at] = broken[at] == 's' ? 'h' : 's';
            Should.Throw<AddressFormatException>(() => XrplFormat.MainNet.ParseAddress(new string(broken)));
        }
    }

    [Fact]
    public void The_key_of_a_tag_is_that_of_the_account_with_it()
    {
        AddressKey account = AccountKey.Create(Someone.Bob, tag: null);

        XrplFormat.MainNet.PartOf(account, "42").ShouldBe(AccountKey.Create(Someone.Bob, 42));
        XrplFormat.MainNet.PartOf(AccountKey.Create(Someone.Bob, 7), "0").ShouldBe(AccountKey.Create(Someone.Bob, 0));
        XrplFormat.MainNet.BalanceOwnerOf(AccountKey.Create(Someone.Bob, 42)).ShouldBe(account);
        XrplFormat.MainNet.PartOf(account, null).ShouldBeNull();
        XrplFormat.MainNet.PartOf(account, "4294967296").ShouldBeNull();
        XrplFormat.MainNet.PartOf(account, "-1").ShouldBeNull();
    }

    [Theory]
    [InlineData("USD", true)]
    [InlineData("xyz", true)]
    [InlineData("XRP", false)]
    [InlineData("US", false)]
    [InlineData("US ", false)]
    [InlineData("524C555344000000000000000000000000000000", true)]
    [InlineData("0000000000000000000000005553440000000000", true)]
    [InlineData("0000000000000000000000000000000000000000", false)]
    [InlineData("0000000000000000000000005852500000000000", false)]
    public void A_currency_code_is_three_characters_or_forty_digits(string text, bool valid)
    {
        CurrencyCode.TryParse(text, new byte[20]).ShouldBe(valid);
    }
}
