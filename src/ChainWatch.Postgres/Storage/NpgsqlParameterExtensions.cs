using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Positional parameters without boxing and without guessing of types.</summary>
internal static class NpgsqlParameterExtensions
{
    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, string? value) => parameters.Put(NpgsqlDbType.Text, value);

    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, long value) => parameters.Put(NpgsqlDbType.Bigint, value);

    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, long? value) => parameters.Put(NpgsqlDbType.Bigint, value);

    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, int value) => parameters.Put(NpgsqlDbType.Integer, value);

    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, bool value) => parameters.Put(NpgsqlDbType.Boolean, value);

    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, DateTimeOffset value) => parameters.Put(NpgsqlDbType.TimestampTz, value.UtcDateTime);

    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, DateTimeOffset? value) => parameters.Put(NpgsqlDbType.TimestampTz, value?.UtcDateTime);

    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, in AddressKey value) => parameters.Put(NpgsqlDbType.Bytea, value.Bytes.ToArray());

    public static NpgsqlParameterCollection With(this NpgsqlParameterCollection parameters, in AddressKey? value) => parameters.Put(NpgsqlDbType.Bytea, value?.Bytes.ToArray());

    public static NpgsqlParameterCollection WithKeys(this NpgsqlParameterCollection parameters, IReadOnlyList<AddressKey>? keys) =>
        parameters.Put(NpgsqlDbType.Array | NpgsqlDbType.Bytea, keys?.Select(static key => key.Bytes.ToArray()).ToArray());

    public static NpgsqlParameterCollection WithArray<TItem, TValue>(
        this NpgsqlParameterCollection parameters, NpgsqlDbType type, IReadOnlyList<TItem> items, Func<TItem, TValue> value)
    {
        TValue[] values = new TValue[items.Count];
        for (int index = 0; index < values.Length; index++)
        {
            values[index] = value(items[index]);
        }

        return parameters.Put(NpgsqlDbType.Array | type, values);
    }

    public static NpgsqlBatchCommand AddCommand(this NpgsqlBatch batch, string sql)
    {
        NpgsqlBatchCommand command = new(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    private static NpgsqlParameterCollection Put<T>(this NpgsqlParameterCollection parameters, NpgsqlDbType type, T value)
    {
        parameters.Add(new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type });
        return parameters;
    }
}
