using System.Buffers;
using System.Text.Json;

namespace ChainWatch.Xrpl;

/// <summary>
/// Reads the result of a <c>ledger</c> request in its binary form. It is the same at rippled and Clio, and in both versions of the API but for one name; the order of its
/// properties means nothing.
/// </summary>
internal static class LedgerAnswer
{
    /// <summary>Reads a header alone, with the proof that it has the hash that the answer gives it.</summary>
    public static LedgerHeaderData ReadHeader(ReadOnlySpan<byte> json) => Read(json, content: null);

    /// <summary>Reads a whole ledger, proved by its hashes.</summary>
    /// <param name="json">The result.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="plan">What is watched.</param>
    /// <param name="held">Where payments go that cannot be recorded.</param>
    /// <param name="prove">Whether the transactions must be those that the header commits to.</param>
    /// <param name="observed">Where it is told, instead of refusing them, that they are not; <see langword="null"/> refuses them.</param>
    public static XrplLedger ReadLedger(ReadOnlySpan<byte> json, string endpoint, WatchPlan plan, HeldPayments held, bool prove = true, Action<string>? observed = null)
    {
        // Two digits make a byte.
        LedgerContent content = new(json.Length / 2, prove);
        try
        {
            LedgerHeaderData header = Read(json, content);
            if (content.Finish() is { } root && root != header.TransactionHash)
            {
                string wrong = $"the {content.Count} transactions of ledger {header.Index} do not hash to its transaction_hash: some are missing, too many, or changed";
                (observed ?? throw new LedgerFormatException(wrong))(wrong);
            }

            return new XrplLedger(header, content, endpoint, plan, held);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private static LedgerHeaderData Read(ReadOnlySpan<byte> json, LedgerContent? content)
    {
        try
        {
            return ReadResult(json, content);
        }
        catch (InvalidOperationException exception)
        {
            throw NotText(exception);
        }
    }

    /// <summary>The framework's reader checks texts only when it is asked for them: one that is no Unicode is no text.</summary>
    internal static LedgerFormatException NotText(InvalidOperationException exception) => new($"a text is not valid ({exception.GetType().Name})");

    private static LedgerHeaderData ReadResult(ReadOnlySpan<byte> json, LedgerContent? content)
    {
        Utf8JsonReader reader = new(json);
        Expect(ref reader, JsonTokenType.StartObject);
        LedgerHeaderData? header = null;
        bool validated = false;
        bool listed = false;
        Hash256? hash = null;
        while (Next(ref reader))
        {
            if (reader.ValueTextEquals("ledger"u8))
            {
                header = ReadBody(ref reader, content, ref listed);
            }
            else if (reader.ValueTextEquals("ledger_hash"u8))
            {
                hash = ReadHash(ref reader);
            }
            else if (reader.ValueTextEquals("validated"u8))
            {
                reader.Read();
                validated = reader.TokenType == JsonTokenType.True;
                reader.Skip();
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        if (!validated)
        {
            throw new NotValidatedException();
        }

        if (header is not { } data)
        {
            throw new LedgerFormatException("the answer has no ledger_data");
        }

        if (hash != data.Hash)
        {
            throw new LedgerFormatException($"the header of ledger {data.Index} hashes to {data.Hash}, not to its ledger_hash {hash?.ToString() ?? "(none)"}");
        }

        if (content is not null && !listed)
        {
            throw new LedgerFormatException($"ledger {data.Index} came without its transactions");
        }

        return data;
    }

    private static LedgerHeaderData? ReadBody(ref Utf8JsonReader reader, LedgerContent? content, ref bool listed)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        LedgerHeaderData? header = null;
        Span<byte> data = stackalloc byte[LedgerHeaderData.Length];
        while (Next(ref reader))
        {
            if (reader.ValueTextEquals("ledger_data"u8))
            {
                ReadOnlySpan<byte> digits = ReadDigits(ref reader);
                if (digits.Length != data.Length * 2 || Convert.FromHexString(digits, data, out _, out _) != OperationStatus.Done)
                {
                    throw new LedgerFormatException("ledger_data has not the 118 bytes of a header");
                }

                header = LedgerHeaderData.Read(data);
            }
            else if (content is not null && reader.ValueTextEquals("transactions"u8))
            {
                ReadTransactions(ref reader, content);
                listed = true;
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        return header;
    }

    private static void ReadTransactions(ref Utf8JsonReader reader, LedgerContent content)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        while (true)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.EndArray)
            {
                return;
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new LedgerFormatException("a transaction is no object");
            }

            ReadOnlySpan<byte> transaction = default;
            ReadOnlySpan<byte> metadata = default;
            while (Next(ref reader))
            {
                if (reader.ValueTextEquals("tx_blob"u8))
                {
                    transaction = ReadDigits(ref reader);
                }
                else if (reader.ValueTextEquals("meta_blob"u8) || reader.ValueTextEquals("meta"u8))
                {
                    metadata = ReadDigits(ref reader);
                }
                else
                {
                    SkipValue(ref reader);
                }
            }

            content.Add(transaction, metadata);
        }
    }

    private static ReadOnlySpan<byte> ReadDigits(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && !reader.HasValueSequence
            ? reader.ValueSpan
            : throw new LedgerFormatException("a binary form is no text of hexadecimal digits");
    }

    internal static Hash256 ReadHash(ref Utf8JsonReader reader)
    {
        reader.Read();
        Span<byte> bytes = stackalloc byte[Hash256.Length];
        return reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length == 2 * Hash256.Length &&
            Convert.FromHexString(reader.ValueSpan, bytes, out _, out _) == OperationStatus.Done
            ? new Hash256(bytes)
            : throw new LedgerFormatException("a hash is not 64 hexadecimal digits");
    }

    /// <summary>Goes to the next property of the object that the reader stands in; false at its end.</summary>
    internal static bool Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    internal static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        reader.Read();
        if (reader.TokenType != token)
        {
            throw new LedgerFormatException($"{reader.TokenType} stands where {token} is expected");
        }
    }
}
