using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Xrpl.Tests;

/// <summary>A ledger as a server serves it.</summary>
internal sealed class ServedLedger
{
    public required long Index { get; init; }

    public required string Hash { get; init; }

    public required string Data { get; init; }

    public required uint CloseTime { get; init; }

    public required IReadOnlyList<(string Hash, string Transaction, string Metadata)> Transactions { get; init; }

    public ChainPoint Point => new(Index, Hash256.Parse(Hash));

    /// <summary>Makes a ledger out of transactions.</summary>
    public static ServedLedger Make(long index, string? parentHash, params IReadOnlyList<FakeTransaction> transactions)
    {
        List<(string Hash, string Transaction, string Metadata)> listed = [];
        using LedgerContent content = new(1024);
        for (int at = 0; at < transactions.Count; at++)
        {
            byte[] blob = transactions[at].ToBlob();
            byte[] metadata = transactions[at].ToMetadata((uint)at);
            content.Add(Encoding.ASCII.GetBytes(Convert.ToHexString(blob)), Encoding.ASCII.GetBytes(Convert.ToHexString(metadata)));
            listed.Add((Sha512Half.Of([.. "TXN\0"u8, .. blob]).ToString().ToUpperInvariant(), Convert.ToHexString(blob), Convert.ToHexString(metadata)));
        }

        byte[] data = new byte[LedgerHeaderData.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)index);
        Hash256.Parse(parentHash ?? new string('1', 64)).CopyTo(data.AsSpan(12));
        content.Finish()!.Value.CopyTo(data.AsSpan(44));
        uint closeTime = (uint)(700_000_000 + (index * 4));
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(112), closeTime);
        return new ServedLedger
        {
            Index = index,
            Hash = LedgerHeaderData.Read(data).Hash.ToString().ToUpperInvariant(),
            Data = Convert.ToHexString(data),
            CloseTime = closeTime,
            Transactions = listed,
        };
    }

    /// <summary>Takes a ledger that the vendor's client made and hashed.</summary>
    public static ServedLedger Take(JsonNode line)
    {
        JsonNode header = line["header"]!;
        byte[] data = new byte[LedgerHeaderData.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)header["ledger_index"]!);
        BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(4), ulong.Parse((string)header["total_coins"]!, CultureInfo.InvariantCulture));
        Hash256.Parse((string)header["parent_hash"]!).CopyTo(data.AsSpan(12));
        Hash256.Parse((string)header["transaction_hash"]!).CopyTo(data.AsSpan(44));
        Hash256.Parse((string)header["account_hash"]!).CopyTo(data.AsSpan(76));
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(108), (uint)header["parent_close_time"]!);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(112), (uint)header["close_time"]!);
        data[116] = (byte)header["close_time_resolution"]!;
        data[117] = (byte)header["close_flags"]!;
        return new ServedLedger
        {
            Index = (long)header["ledger_index"]!,
            Hash = (string)header["ledger_hash"]!,
            Data = Convert.ToHexString(data),
            CloseTime = (uint)header["close_time"]!,
            Transactions = [.. line["transactions"]!.AsArray().Select(static one => ((string)one!["hash"]!, (string)one["tx_blob"]!, (string)one["meta_blob"]!))],
        };
    }

    /// <summary>The result of a <c>ledger</c> request in its binary form, as rippled (or Clio, which orders and names a little differently) gives it.</summary>
    public JsonObject ToResult(bool transactions, int apiVersion = 2, bool clio = false)
    {
        JsonObject ledger = new() { ["closed"] = true, ["ledger_data"] = Data };
        if (transactions)
        {
            ledger["transactions"] = new JsonArray([.. Transactions.Select(one => Write(one, apiVersion, clio))]);
        }

        JsonNode index = apiVersion > 1 ? JsonValue.Create(Index) : JsonValue.Create(Index.ToString(CultureInfo.InvariantCulture));
        return clio
            ? new JsonObject { ["ledger_hash"] = Hash, ["ledger_index"] = index, ["validated"] = true, ["ledger"] = ledger }
            : new JsonObject { ["ledger"] = ledger, ["ledger_hash"] = Hash, ["ledger_index"] = index, ["validated"] = true };
    }

    private static JsonObject Write((string Hash, string Transaction, string Metadata) one, int apiVersion, bool clio)
    {
        string metadata = apiVersion > 1 ? "meta_blob" : "meta";
        JsonObject written = clio
            ? new JsonObject { [metadata] = one.Metadata, ["tx_blob"] = one.Transaction }
            : new JsonObject { ["tx_blob"] = one.Transaction, [metadata] = one.Metadata };
        if (apiVersion > 1)
        {
            written["hash"] = one.Hash;
        }

        return written;
    }
}
