using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ChainWatch.Xrpl;

namespace ChainWatch.Benchmarks;

/// <summary>A ledger as a server gives it, made of what ledgers of the main network hold: offers that come and go, payments of XRP, payments over trust lines.</summary>
internal sealed class MadeXrplLedger
{
    private const long Index = 90_000_000;

    private MadeXrplLedger(byte[] binary, byte[] json, byte[][] hashed)
    {
        Binary = binary;
        Json = json;
        Hashed = hashed;
    }

    /// <summary>The result in the binary form, as it is asked for.</summary>
    public byte[] Binary { get; }

    /// <summary>The same ledger in the form that is not asked for.</summary>
    public byte[] Json { get; }

    /// <summary>What is hashed to prove that the transactions are all: each of them alone, and again with its metadata.</summary>
    public byte[][] Hashed { get; }

    public static MadeXrplLedger Create(int transactions, int seed)
    {
        Random random = new(seed);
        using LedgerContent content = new(1024);
        StringBuilder binary = new();
        StringBuilder json = new();
        List<byte[]> hashed = [];
        for (int at = 0; at < transactions; at++)
        {
            (MadeXrplFields transaction, MadeXrplFields metadata) = Make(random, at);
            byte[] blob = transaction.Binary;
            byte[] meta = metadata.Binary;
            content.Add(Encoding.ASCII.GetBytes(Convert.ToHexString(blob)), Encoding.ASCII.GetBytes(Convert.ToHexString(meta)));
            hashed.Add([.. "TXN\0"u8, .. blob]);
            hashed.Add([.. "SND\0"u8, .. blob, .. meta, .. new byte[36]]);
            string hash = Convert.ToHexString(BytesOf(Sha512Half.Of(hashed[^2])));
            binary.Append(at == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{{\"hash\":\"{hash}\",\"meta_blob\":\"{Convert.ToHexString(meta)}\",\"tx_blob\":\"{Convert.ToHexString(blob)}\"}}");
            json.Append(at == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{{\"close_time_iso\":\"2024-05-01T10:00:00Z\",\"hash\":\"{hash}\",\"ledger_index\":{Index},\"meta\":{metadata.Json},\"tx_json\":{transaction.Json},\"validated\":true}}");
        }

        byte[] data = new byte[LedgerHeaderData.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)Index);
        content.Finish()!.Value.CopyTo(data.AsSpan(44));
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(112), 770_000_000);
        string end = $"\"ledger_hash\":\"{Convert.ToHexString(BytesOf(LedgerHeaderData.Read(data).Hash))}\",\"ledger_index\":{Index},\"validated\":true}}";
        return new MadeXrplLedger(
            Encoding.UTF8.GetBytes($"{{\"ledger\":{{\"closed\":true,\"ledger_data\":\"{Convert.ToHexString(data)}\",\"transactions\":[{binary}]}},{end}"),
            Encoding.UTF8.GetBytes($"{{\"ledger\":{{\"closed\":true,\"ledger_index\":{Index},\"transactions\":[{json}]}},{end}"),
            [.. hashed]);
    }

    private static (MadeXrplFields Transaction, MadeXrplFields Metadata) Make(Random random, int at)
    {
        byte[] from = Someone(random);
        byte[] to = Someone(random);
        byte[] issuer = Someone(random);
        MadeXrplFields transaction = new(random);
        List<MadeXrplFields> nodes = [Modified(random, "AccountRoot", EntryType.AccountRoot, Fields(random).Drops(2, "Balance", 90_000_000), Fields(random).Number(FieldType.UInt32, 4, "Sequence", 90_000_001).Number(FieldType.UInt32, 13, "OwnerCount", 5).Drops(2, "Balance", 89_999_988).Account(1, "Account", from))];
        int kind = at % 3;
        transaction.Number(FieldType.UInt16, 2, "TransactionType", kind == 0 ? 7UL : 0UL, kind == 0 ? "OfferCreate" : "Payment").Number(FieldType.UInt32, 2, "Flags", 2_147_483_648).Number(FieldType.UInt32, 4, "Sequence", 90_000_000);
        if (kind == 0)
        {
            transaction.Number(FieldType.UInt32, 25, "OfferSequence", 89_999_999).Drops(4, "TakerPays", 1_500_000_000).Issued(5, "TakerGets", issuer);
            nodes.Add(Node(random, 4, "DeletedNode", "Offer", 0x6F, previous: null, Fields(random).Number(FieldType.UInt32, 4, "Sequence", 89_999_999).Hash(16, "BookDirectory").Drops(4, "TakerPays", 1_400_000_000).Issued(5, "TakerGets", issuer).Account(1, "Account", from)));
            nodes.Add(Node(random, 3, "CreatedNode", "Offer", 0x6F, previous: null, Fields(random).Number(FieldType.UInt32, 4, "Sequence", 90_000_000).Hash(16, "BookDirectory").Drops(4, "TakerPays", 1_500_000_000).Issued(5, "TakerGets", issuer).Account(1, "Account", from)));
            nodes.Add(Modified(random, "DirectoryNode", 0x64, previous: null, Fields(random).Number(FieldType.UInt32, 2, "Flags", 0).Hash(8, "RootIndex").Account(2, "Owner", from)));
            nodes.Add(Node(random, 4, "DeletedNode", "DirectoryNode", 0x64, previous: null, Fields(random).Number(FieldType.UInt32, 2, "Flags", 0).Hash(8, "RootIndex")));
        }
        else if (kind == 1)
        {
            transaction.Number(FieldType.UInt32, 14, "DestinationTag", (ulong)random.Next()).Drops(1, "Amount", 25_000_000);
            nodes.Add(Modified(random, "AccountRoot", EntryType.AccountRoot, Fields(random).Drops(2, "Balance", 5_000_000), Fields(random).Number(FieldType.UInt32, 4, "Sequence", 70_000_001).Number(FieldType.UInt32, 13, "OwnerCount", 0).Drops(2, "Balance", 30_000_000).Account(1, "Account", to)));
        }
        else
        {
            transaction.Issued(1, "Amount", issuer).Issued(9, "SendMax", issuer);
            foreach (byte[] holder in (byte[][])[from, to])
            {
                nodes.Add(Modified(random, "RippleState", EntryType.RippleState, Fields(random).Issued(2, "Balance", new byte[20]), Fields(random).Number(FieldType.UInt32, 2, "Flags", 65_536).Issued(2, "Balance", new byte[20]).Issued(6, "LowLimit", holder).Issued(7, "HighLimit", issuer)));
            }
        }

        transaction.Drops(8, "Fee", 12).Blob(3, "SigningPubKey", 33).Blob(4, "TxnSignature", 71).Account(1, "Account", from);
        if (kind > 0)
        {
            transaction.Account(3, "Destination", to);
        }

        MadeXrplFields metadata = new MadeXrplFields(random).Number(FieldType.UInt32, 28, "TransactionIndex", (ulong)at).List(8, "AffectedNodes", nodes).Number(FieldType.UInt8, 3, "TransactionResult", 0, "tesSUCCESS");
        return (transaction, metadata);
    }

    private static MadeXrplFields Modified(Random random, string entry, int type, MadeXrplFields? previous, MadeXrplFields final) => Node(random, 5, "ModifiedNode", entry, type, previous, final);

    private static MadeXrplFields Node(Random random, int change, string name, string entry, int type, MadeXrplFields? previous, MadeXrplFields final)
    {
        MadeXrplFields node = Fields(random).Number(FieldType.UInt16, 1, "LedgerEntryType", (ulong)type, entry).Number(FieldType.UInt32, 5, "PreviousTxnLgrSeq", (ulong)Index - 7).Hash(5, "PreviousTxnID").Hash(6, "LedgerIndex");
        if (previous is not null)
        {
            node.Open(6, "PreviousFields", previous);
        }

        return Fields(random).Open(change, name, node.Open(change == 3 ? 8 : 7, change == 3 ? "NewFields" : "FinalFields", final));
    }

    private static MadeXrplFields Fields(Random random) => new(random);

    private static byte[] Someone(Random random)
    {
        byte[] account = new byte[20];
        random.NextBytes(account);
        return account;
    }

    private static byte[] BytesOf(Hash256 hash)
    {
        byte[] bytes = new byte[Hash256.Length];
        hash.CopyTo(bytes);
        return bytes;
    }
}
