namespace ChainWatch.Xrpl.Tests;

/// <summary>Accounts and currencies of the tests.</summary>
internal static class Someone
{
    public static readonly byte[] Alice = Account(1);
    public static readonly byte[] Bob = Account(2);
    public static readonly byte[] Carol = Account(3);
    public static readonly byte[] Issuer = Account(9);
    public static readonly byte[] Usd = Code("USD");
    public static readonly byte[] Issuance = [.. Enumerable.Range(1, 24).Select(static i => (byte)i)];

    public static byte[] Account(int number) => [.. Enumerable.Range(0, 20).Select(i => (byte)((number * 31) + i))];

    public static byte[] Code(string currency)
    {
        byte[] code = new byte[20];
        CurrencyCode.TryParse(currency, code).ShouldBeTrue();
        return code;
    }

    public static string Address(byte[] account, uint? tag = null) => XrplFormat.MainNet.FormatAddress(AccountKey.Create(account, tag));

    public static AddressSet Watch(params (byte[] Account, uint? Tag)[] addresses) =>
        AddressSet.Create(AccountKey.Length).Add(addresses.Select(static address => AccountKey.Create(address.Account, address.Tag)));

    public static AddressSet Watch(params byte[][] accounts) => Watch([.. accounts.Select(static account => (account, (uint?)null))]);
}
