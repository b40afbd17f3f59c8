using System.Globalization;
using System.Text;

namespace ChainWatch.Benchmarks;

/// <summary>A block as an Ogmios server writes it, made of what blocks of the main network hold: payments, swaps with datums and redeemers, scripts, metadata, signatures.</summary>
internal static class MadeCardanoBlock
{
    private const string Bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    /// <summary>An address that blocks can pay: all others in them are made up, and their checksums wrong.</summary>
    public const string Paid = "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x";

    /// <summary>A message with a block.</summary>
    public static byte[] Create(int transactions, int seed) => [.. CreateUpToId(transactions, seed, HashOf(seed), HashOf(seed - 1), 11_000_000), .. ",\"id\":123456}"u8];

    /// <summary>The hash of the block with this number.</summary>
    public static string HashOf(int number) => number.ToString("x64", CultureInfo.InvariantCulture);

    /// <summary>A message with a block, up to where the number of the request follows. Its first transaction pays whom it is told to.</summary>
    public static byte[] CreateUpToId(int transactions, int seed, string hash, string ancestor, long height, string? paid = null)
    {
        Random random = new(seed);
        StringBuilder json = new();
        json.Append(CultureInfo.InvariantCulture, $"{{\"jsonrpc\":\"2.0\",\"method\":\"nextBlock\",\"result\":{{\"direction\":\"forward\",\"block\":{{\"type\":\"praos\",\"era\":\"conway\",\"id\":\"{hash}\",\"ancestor\":\"{ancestor}\",");
        json.Append(CultureInfo.InvariantCulture, $"\"nonce\":{{\"output\":\"{Hex(random, 64)}\",\"proof\":\"{Hex(random, 80)}\"}},\"height\":{height},\"slot\":{height * 20},\"size\":{{\"bytes\":60000}},\"protocol\":{{\"version\":{{\"major\":9,\"minor\":1}}}},\"transactions\":[");
        for (int index = 0; index < transactions; index++)
        {
            json.Append(index == 0 ? "" : ",");
            Add(json, random, isSwap: index % 3 == 0, hasMetadata: index % 4 == 0, index == 0 ? paid : null);
        }

        json.Append(CultureInfo.InvariantCulture, $"],\"issuer\":{{\"verificationKey\":\"{Hex(random, 32)}\",\"vrfVerificationKey\":\"{Hex(random, 32)}\",\"operationalCertificate\":{{\"count\":7,\"sigma\":\"{Hex(random, 64)}\",\"kes\":{{\"period\":900,\"verificationKey\":\"{Hex(random, 32)}\"}}}},\"leaderValue\":{{\"output\":\"{Hex(random, 64)}\",\"proof\":\"{Hex(random, 80)}\"}}}}}},");
        json.Append(CultureInfo.InvariantCulture, $"\"tip\":{{\"slot\":999000000,\"id\":\"{HashOf(999_999_999)}\",\"height\":99000000}}}}");
        return Encoding.UTF8.GetBytes(json.ToString());
    }

    private static void Add(StringBuilder json, Random random, bool isSwap, bool hasMetadata, string? paid)
    {
        json.Append(CultureInfo.InvariantCulture, $"{{\"id\":\"{Hex(random, 32)}\",\"spends\":\"inputs\",\"inputs\":[{string.Join(',', Enumerable.Range(0, 3).Select(_ => Reference(random)))}],");
        json.Append(isSwap ? $"\"references\":[{Reference(random)}],\"collaterals\":[{Reference(random)}],\"collateralReturn\":{Output(random, tokens: 0, datum: false)},\"totalCollateral\":{{\"ada\":{{\"lovelace\":900000}}}}," : "");
        json.Append(CultureInfo.InvariantCulture, $"\"outputs\":[{string.Join(',', Enumerable.Range(0, isSwap ? 3 : 2).Select(index => Output(random, index == 0 ? 0 : 3, isSwap && index == 0, index == 0 ? paid : null)))}],\"fee\":{{\"ada\":{{\"lovelace\":{random.Next(170_000, 900_000)}}}}},\"validityInterval\":{{\"invalidAfter\":140001000}},");
        json.Append(hasMetadata ? $"\"metadata\":{{\"hash\":\"{Hex(random, 32)}\",\"labels\":{{\"674\":{{\"json\":{{\"msg\":[\"order {random.Next()}\",\"with thanks\"]}}}}}}}}," : "");
        json.Append(isSwap ? $"\"scriptIntegrityHash\":\"{Hex(random, 32)}\",\"datums\":{{\"{Hex(random, 32)}\":\"{Hex(random, 180)}\"}},\"redeemers\":[{{\"validator\":{{\"index\":0,\"purpose\":\"spend\"}},\"redeemer\":\"{Hex(random, 40)}\",\"executionUnits\":{{\"memory\":1200000,\"cpu\":400000000}}}}],\"scripts\":{{\"{Hex(random, 28)}\":{{\"language\":\"plutus:v2\",\"cbor\":\"{Hex(random, 1200)}\"}}}}," : "");
        json.Append(CultureInfo.InvariantCulture, $"\"signatories\":[{{\"key\":\"{Hex(random, 32)}\",\"signature\":\"{Hex(random, 64)}\"}}]}}");
    }

    private static string Output(Random random, int tokens, bool datum, string? paid = null)
    {
        IEnumerable<string> assets = Enumerable.Range(0, tokens).Select(_ => string.Create(CultureInfo.InvariantCulture, $",\"{Hex(random, 28)}\":{{\"{Hex(random, 8)}\":{random.NextInt64(1, 1_000_000_000_000)}}}"));
        return string.Create(CultureInfo.InvariantCulture, $"{{\"address\":\"{paid ?? $"addr1q{Text(random, 98)}"}\",\"value\":{{\"ada\":{{\"lovelace\":{random.NextInt64(1_000_000, 900_000_000)}}}{string.Concat(assets)}}}{(datum ? $",\"datum\":\"{Hex(random, 150)}\"" : "")}}}");
    }

    private static string Reference(Random random) => string.Create(CultureInfo.InvariantCulture, $"{{\"transaction\":{{\"id\":\"{Hex(random, 32)}\"}},\"index\":{random.Next(20)}}}");

    private static string Hex(Random random, int bytes)
    {
        byte[] made = new byte[bytes];
        random.NextBytes(made);
        return Convert.ToHexStringLower(made);
    }

    /// <summary>Letters of an address; the last of the 92 that are data leaves no bits over.</summary>
    private static string Text(Random random, int length) => string.Create(length, random, static (text, random) =>
    {
        for (int index = 0; index < text.Length; index++)
        {
            text[index] = Bech32[random.Next(32)];
        }

        text[90] = Bech32[random.Next(2) * 16];
        text[91] = 'q';
    });
}
