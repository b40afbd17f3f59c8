using System.Numerics;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>Runs, discrepancies and agreed states as columns.</summary>
internal static class ReconciliationColumns
{
    public const string Run =
        "id, state, requested_at, requested_by, addresses, from_height, to_height, read_blocks, repair, started_at, ended_at, position, subjects, matched, mismatched, missing, extra, unknown, point_height, point_hash, point_slot";

    public const string Discrepancy = "address, result, kind, asset, tx_id, ordinal, from_height, to_height, recorded, on_chain, details, repair";

    public static string WordOf<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select(static (letter, index) => char.IsUpper(letter) && index > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    public static ReconciliationRun ReadRun(NpgsqlDataReader reader, Chain chain) => new()
    {
        Id = reader.GetInt64(0),
        Chain = chain.Name,
        State = Parse<ReconciliationState>(reader.GetString(1)),
        RequestedAt = reader.GetFieldValue<DateTimeOffset>(2),
        Request = new ReconciliationRequest
        {
            RequestedBy = ReadText(reader, 3),
            Addresses = reader.IsDBNull(4) ? null : [.. reader.GetFieldValue<byte[][]>(4).Select(static bytes => new AddressKey(bytes))],
            FromHeight = ReadLong(reader, 5),
            ToHeight = ReadLong(reader, 6),
            ReadBlocks = reader.GetBoolean(7),
            Repair = reader.GetBoolean(8),
        },
        StartedAt = ReadTime(reader, 9),
        EndedAt = ReadTime(reader, 10),
        Position = reader.IsDBNull(11) ? null : new AddressKey(reader.GetFieldValue<byte[]>(11)),
        Addresses = reader.GetInt64(12),
        Counts = new ReconciliationCounts(reader.GetInt64(13), reader.GetInt64(14), reader.GetInt64(15), reader.GetInt64(16), reader.GetInt64(17)),
        Point = reader.IsDBNull(18) ? null : new ChainPoint(reader.GetInt64(18), chain.Format.ParseHash(reader.GetString(19))) { Slot = reader.GetInt64(20) },
    };

    public static Discrepancy ReadDiscrepancy(NpgsqlDataReader reader) => new()
    {
        Address = reader.GetString(0),
        Result = Parse<ReconciliationResult>(reader.GetString(1)),
        Kind = Parse<DiscrepancyKind>(reader.GetString(2)),
        Asset = ReadText(reader, 3),
        TransactionId = ReadText(reader, 4),
        Ordinal = ReadLong(reader, 5),
        FromHeight = reader.GetInt64(6),
        ToHeight = reader.GetInt64(7),
        Recorded = ReadAmount(reader, 8),
        OnChain = ReadAmount(reader, 9),
        Details = reader.GetString(10),
        Repair = Parse<RepairState>(reader.GetString(11)),
    };

    /// <summary>Reads an agreed state; <see langword="null"/> where there is none. An asset that is not watched any more is left out.</summary>
    public static ReconciledState? ReadState(NpgsqlDataReader reader, int at, Chain chain, in AddressKey key)
    {
        if (reader.IsDBNull(at))
        {
            return null;
        }

        string[] assets = reader.GetFieldValue<string[]>(at + 4);
        return new ReconciledState
        {
            Key = key,
            Point = new ChainPoint(reader.GetInt64(at), chain.Format.ParseHash(reader.GetString(at + 1))) { Slot = reader.GetInt64(at + 2) },
            Sent = ReadLong(reader, at + 3),
            Balances = Amounts(chain, assets, reader.GetFieldValue<BigInteger[]>(at + 5)),
            Recorded = Amounts(chain, assets, reader.GetFieldValue<BigInteger[]>(at + 6)),
        };
    }

    private static List<AssetBalance> Amounts(Chain chain, string[] assets, BigInteger[] amounts)
    {
        List<AssetBalance> found = [];
        for (int index = 0; index < assets.Length; index++)
        {
            if (chain.Assets.FirstOrDefault(asset => string.Equals(asset.Symbol, assets[index], StringComparison.Ordinal)) is { } asset)
            {
                found.Add(new AssetBalance(asset, amounts[index]));
            }
        }

        return found;
    }

    private static T Parse<T>(string word)
        where T : struct, Enum => Enum.Parse<T>(word.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    private static string? ReadText(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetString(at);

    private static long? ReadLong(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetInt64(at);

    private static DateTimeOffset? ReadTime(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetFieldValue<DateTimeOffset>(at);

    private static BigInteger? ReadAmount(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetFieldValue<BigInteger>(at);
}
