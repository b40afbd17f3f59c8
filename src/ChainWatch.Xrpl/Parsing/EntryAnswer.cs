using System.Buffers;
using System.Text.Json;

namespace ChainWatch.Xrpl;

/// <summary>Reads the result of a <c>ledger_entry</c> request in its binary form, which rippled and Clio give alike.</summary>
internal static class EntryAnswer
{
    // The largest entries, pages of NFTs, have some kilobytes.
    private const int LongestEntry = 1 << 20;

    /// <summary>Reads the bytes of an entry, and requires them to be of a ledger.</summary>
    public static byte[] Read(ReadOnlySpan<byte> json, ChainPoint ledger)
    {
        try
        {
            return ReadResult(json, ledger);
        }
        catch (InvalidOperationException exception)
        {
            throw LedgerAnswer.NotText(exception);
        }
    }

    private static byte[] ReadResult(ReadOnlySpan<byte> json, ChainPoint ledger)
    {
        Utf8JsonReader reader = new(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new LedgerFormatException("the result is no object");
        }

        Hash256? hash = null;
        long? index = null;
        bool validated = false;
        byte[]? binary = null;
        while (LedgerAnswer.Next(ref reader))
        {
            if (reader.ValueTextEquals("ledger_hash"u8))
            {
                hash = LedgerAnswer.ReadHash(ref reader);
            }
            else if (reader.ValueTextEquals("ledger_index"u8))
            {
                reader.Read();
                index = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) ? number : null;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("validated"u8))
            {
                reader.Read();
                validated = reader.TokenType == JsonTokenType.True;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("node_binary"u8))
            {
                binary = ReadBinary(ref reader);
            }
            else
            {
                LedgerAnswer.SkipValue(ref reader);
            }
        }

        if (!validated)
        {
            throw new NotValidatedException();
        }

        return hash != ledger.Hash || index != ledger.Height
            ? throw new LedgerFormatException($"it was asked for an entry of ledger {ledger} and answered with one of {index?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no"} {hash?.ToString() ?? "(no hash)"}")
            : binary ?? throw new LedgerFormatException("the answer has no node_binary");
    }

    private static byte[] ReadBinary(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || reader.ValueSpan.Length is 0 or > 2 * LongestEntry)
        {
            throw new LedgerFormatException("node_binary is no text of hexadecimal digits");
        }

        byte[] binary = new byte[reader.ValueSpan.Length / 2];
        return Convert.FromHexString(reader.ValueSpan, binary, out _, out _) == OperationStatus.Done && reader.ValueSpan.Length % 2 == 0
            ? binary
            : throw new LedgerFormatException("node_binary is no text of hexadecimal digits");
    }
}
