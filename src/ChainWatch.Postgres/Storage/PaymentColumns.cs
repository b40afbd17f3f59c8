using System.Numerics;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>A payment as columns: those that the tables <c>payment</c> and <c>payment_event</c> share, in one order for reading and writing.</summary>
internal static class PaymentColumns
{
    // After "chain", with the types of the arrays that they are written from.
    private static readonly (string Name, string Type)[] s_columns =
    [
        ("tx_id", "text"), ("ordinal", "bigint"), ("address", "text"), ("key", "bytea"), ("from_address", "text"), ("asset", "text"), ("amount", "numeric"),
        ("tag", "text"), ("status", "text"), ("block_height", "bigint"), ("block_hash", "text"), ("block_slot", "bigint"), ("confirmation_mark", "text"),
        ("confirmation_height", "bigint"), ("detected_at", "timestamptz"), ("confirmed_at", "timestamptz"), ("reference_type", "text"), ("reference_id", "text"),
    ];

    /// <summary>How many columns there are, with <c>chain</c>.</summary>
    public static int Count => s_columns.Length + 1;

    /// <summary>The columns, separated by commas; <c>chain</c> is the first.</summary>
    public static string Names { get; } = "chain, " + string.Join(", ", s_columns.Select(column => column.Name));

    /// <summary>The columns of a table or alias.</summary>
    public static string Of(string alias) => $"{alias}.chain, " + string.Join(", ", s_columns.Select(column => $"{alias}.{column.Name}"));

    /// <summary>
    /// A row source <c>u</c> with these columns, without <c>chain</c> and with <c>position</c>, made of the array parameters that <see cref="AddArrays"/> adds, the first of
    /// which has the number <paramref name="first"/>.
    /// </summary>
    public static string Unnest(int first) =>
        $"unnest({string.Join(", ", s_columns.Select((column, index) => $"${first + index}::{column.Type}[]"))}) with ordinality as u({string.Join(", ", s_columns.Select(column => column.Name))}, position)";

    /// <summary>The assignments of an update from a row source: all but the identity.</summary>
    public static string Assign(string from) => string.Join(", ", s_columns.Skip(2).Select(column => $"{column.Name} = {from}.{column.Name}"));

    /// <summary>Adds the arrays that <see cref="Unnest"/> reads.</summary>
    public static void AddArrays(NpgsqlParameterCollection parameters, ChainFormat format, IReadOnlyList<Payment> payments) => parameters
        .WithArray(NpgsqlDbType.Text, payments, static p => p.TransactionId)
        .WithArray(NpgsqlDbType.Bigint, payments, static p => p.Id.Ordinal)
        .WithArray(NpgsqlDbType.Text, payments, static p => p.Address)
        .WithArray(NpgsqlDbType.Bytea, payments, static p => p.To.Bytes.ToArray())
        .WithArray(NpgsqlDbType.Text, payments, static p => p.From)
        .WithArray(NpgsqlDbType.Text, payments, static p => p.Asset)
        .WithArray(NpgsqlDbType.Numeric, payments, static p => p.Amount)
        .WithArray(NpgsqlDbType.Text, payments, static p => p.Tag)
        .WithArray(NpgsqlDbType.Text, payments, static p => PostgresWords.Of(p.Status))
        .WithArray(NpgsqlDbType.Bigint, payments, static p => p.Block.Height)
        .WithArray(NpgsqlDbType.Text, payments, p => format.FormatHash(p.Block.Hash))
        .WithArray(NpgsqlDbType.Bigint, payments, static p => p.Block.Slot)
        .WithArray(NpgsqlDbType.Text, payments, static p => PostgresWords.Of(p.ConfirmationMark))
        .WithArray(NpgsqlDbType.Bigint, payments, static p => p.ConfirmationHeight)
        .WithArray(NpgsqlDbType.TimestampTz, payments, static p => p.DetectedAt.UtcDateTime)
        .WithArray(NpgsqlDbType.TimestampTz, payments, static p => p.ConfirmedAt?.UtcDateTime)
        .WithArray(NpgsqlDbType.Text, payments, static p => p.Reference?.Type)
        .WithArray(NpgsqlDbType.Text, payments, static p => p.Reference?.Id);

    /// <summary>Writes the columns into a binary copy.</summary>
    public static void Copy(BinaryCopy copy, Payment payment)
    {
        copy.Text(payment.Chain);
        copy.Text(payment.TransactionId);
        copy.BigInt(payment.Id.Ordinal);
        copy.Text(payment.Address);
        copy.Bytes(payment.To.Bytes);
        copy.Text(payment.From);
        copy.Text(payment.Asset);
        copy.Numeric(payment.Amount);
        copy.Text(payment.Tag);
        copy.Text(PostgresWords.Of(payment.Status));
        copy.BigInt(payment.Block.Height);
        copy.Hash(payment.Block.Hash);
        copy.BigInt(payment.Block.Slot);
        copy.Text(PostgresWords.Of(payment.ConfirmationMark));
        copy.BigInt(payment.ConfirmationHeight);
        copy.Time(payment.DetectedAt);
        copy.Time(payment.ConfirmedAt);
        copy.Text(payment.Reference?.Type);
        copy.Text(payment.Reference?.Id);
    }

    /// <summary>Reads the columns.</summary>
    /// <param name="reader">A reader on a row.</param>
    /// <param name="at">The index of the column <c>chain</c>.</param>
    /// <param name="format">How the chain writes hashes; <see langword="null"/> where the chain is not known, which hexadecimal digits can be read without.</param>
    public static Payment Read(NpgsqlDataReader reader, int at, ChainFormat? format)
    {
        string transactionId = reader.GetString(at + 1);
        return new Payment
        {
            Chain = reader.GetString(at),
            Id = new PaymentId(ParseHash(transactionId, format), reader.GetInt64(at + 2)),
            TransactionId = transactionId,
            Address = reader.GetString(at + 3),
            To = ReadKey(reader, at + 4),
            From = ReadText(reader, at + 5),
            Asset = reader.GetString(at + 6),
            Amount = reader.GetFieldValue<BigInteger>(at + 7),
            Tag = ReadText(reader, at + 8),
            Status = PostgresWords.StatusOf(reader.GetString(at + 9)),
            Block = new ChainPoint(reader.GetInt64(at + 10), ParseHash(reader.GetString(at + 11), format)) { Slot = reader.GetInt64(at + 12) },
            ConfirmationMark = PostgresWords.MarkOf(reader.GetString(at + 13)),
            ConfirmationHeight = reader.GetInt64(at + 14),
            DetectedAt = reader.GetFieldValue<DateTimeOffset>(at + 15),
            ConfirmedAt = reader.IsDBNull(at + 16) ? null : reader.GetFieldValue<DateTimeOffset>(at + 16),
            Reference = ReadReference(reader, at + 17),
        };
    }

    /// <summary>Reads an address's key.</summary>
    public static AddressKey ReadKey(NpgsqlDataReader reader, int at) => new(reader.GetFieldValue<byte[]>(at));

    /// <summary>Reads the two columns of a reference.</summary>
    public static PaymentReference? ReadReference(NpgsqlDataReader reader, int at) =>
        reader.IsDBNull(at) ? null : PaymentReference.For(reader.GetString(at), reader.GetString(at + 1));

    private static string? ReadText(NpgsqlDataReader reader, int at) => reader.IsDBNull(at) ? null : reader.GetString(at);

    private static Hash256 ParseHash(string text, ChainFormat? format) => format is null ? Hash256.Parse(text) : format.ParseHash(text);
}
