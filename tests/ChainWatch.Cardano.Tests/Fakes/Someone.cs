using System.Security.Cryptography;
using System.Text;

namespace ChainWatch.Cardano.Tests;

/// <summary>People with addresses of a test network, and tokens.</summary>
internal static class Someone
{
    public const string Network = "preprod";
    public const string Policy = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    public const string OtherPolicy = "0123456789abcdef0123456789abcdef0123456789abcdef01234567";

    public static readonly CardanoFormat Format = new(CardanoNetwork.Find(Network)!);
    public static readonly Asset Ada = new() { Symbol = "ADA", Decimals = 6 };
    public static readonly Asset Gold = new() { Symbol = "GOLD", Decimals = 2, Id = $"{Policy}.474f4c44" };
    public static readonly Asset Nameless = new() { Symbol = "NAMELESS", Decimals = 0, Id = $"{Policy}." };

    public static readonly string Alice = Enterprise("alice");
    public static readonly string Bob = Enterprise("bob");
    public static readonly string Carol = WithStake("carol", "carol's stake");

    public static WatchPlan Plan(CardanoFormat? format = null) =>
        new(format ?? Format, Ada, new Dictionary<string, Asset>(StringComparer.Ordinal) { [$"{Policy}474f4c44"] = Gold, [Policy] = Nameless });

    /// <summary>An address of a key alone: CIP-19, type 6.</summary>
    public static string Enterprise(string who) => Bech32.Encode("addr_test"u8, [0x60, .. Credential(who)]);

    /// <summary>An address of a key with a stake key: CIP-19, type 0.</summary>
    public static string WithStake(string who, string stake) => Bech32.Encode("addr_test"u8, [0x00, .. Credential(who), .. Credential(stake)]);

    public static AddressSet Watch(params string[] addresses) => Watch(Format, addresses);

    public static AddressSet Watch(CardanoFormat format, params string[] addresses) =>
        AddressSet.Create(format.AddressKeyLength).Add(addresses.Select(format.ParseAddress));

    private static byte[] Credential(string who) => SHA256.HashData(Encoding.UTF8.GetBytes(who))[..28];
}
