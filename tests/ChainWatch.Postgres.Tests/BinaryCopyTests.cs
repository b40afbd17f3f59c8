using System.Globalization;
using System.Numerics;
using ChainWatch.TestInfrastructure;
using ChainWatch.Testing;
using Npgsql;

namespace ChainWatch.Postgres.Tests;

/// <summary>What is written byte by byte is what the server reads.</summary>
public sealed class BinaryCopyTests(PostgresServerFixture postgres) : IAsyncLifetime
{
    private static readonly ChainFormat s_format = SimulatedFormat.Instance;

    private PostgresTestStore _test = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Table => $"\"{_test.Options.Schema}\".copied";

    public async ValueTask InitializeAsync()
    {
        _test = await PostgresTestStore.CreateAsync(postgres.Server);
        await _test.ExecuteAsync($"create table {Table} (id integer primary key, number numeric, words text, bytes bytea, long bigint, yes boolean, moment timestamptz)");
    }

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Numbers_are_read_as_they_were_written()
    {
        List<BigInteger> numbers = [0, 1, -1, 9_999, 10_000, 10_001, 99_999_999, 100_000_000, long.MaxValue, ulong.MaxValue, (BigInteger)ulong.MaxValue + 1, (BigInteger.One << 256) - 1, -(BigInteger.One << 255)];
        for (int power = 0; power <= 100; power++)
        {
            numbers.Add(BigInteger.Pow(10, power));
            numbers.Add(BigInteger.Pow(10, power) - 1);
            numbers.Add(BigInteger.Pow(10, power) * 12_345);
        }

        Random random = new(1);
        byte[] bytes = new byte[200];
        for (int index = 0; index < 2_000; index++)
        {
            random.NextBytes(bytes);
            numbers.Add(new BigInteger(bytes.AsSpan(0, random.Next(1, bytes.Length))));
        }

        await CopyAsync(numbers.Count, (copy, index) => Write(copy, index, numbers[index]));

        (await ReadAsync<string>("number::text")).ShouldBe(numbers.Select(static number => number.ToString(CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Texts_of_any_length_are_read_as_they_were_written()
    {
        string[] texts = ["", "a", "0x" + new string('f', 64), "naïve Ölçü 漢字 🙂", string.Concat(Enumerable.Repeat("🙂", 100_000)), new string('z', 300_000)];

        await CopyAsync(texts.Length + 1, (copy, index) => Write(copy, index, words: index < texts.Length ? texts[index] : null));

        (await ReadAsync<string>("coalesce(words, 'none')")).ShouldBe([.. texts, "none"]);
    }

    [Fact]
    public async Task Times_are_read_as_they_were_written()
    {
        DateTimeOffset?[] times =
        [
            new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new(1969, 12, 31, 23, 59, 59, 999, TimeSpan.Zero), new(2026, 11, 29, 21, 45, 1, 2, 3, TimeSpan.FromHours(2)), DateTimeOffset.UnixEpoch,
        ];

        await CopyAsync(times.Length, (copy, index) => Write(copy, index, moment: times[index]));

        (await ReadAsync<DateTime>("moment")).ShouldBe(times.Select(static time => time!.Value.UtcDateTime));
    }

    [Fact]
    public async Task Many_rows_are_sent_on_as_they_come_and_all_are_there()
    {
        const int Rows = 50_000;

        await CopyAsync(Rows, (copy, index) => Write(copy, index, long.MaxValue - index, $"row {index}"));

        (await _test.ScalarAsync<long>($"select count(*) from {Table} where long = id and yes = (id % 2 = 0) and bytes = decode(lpad(to_hex(id), 8, '0'), 'hex') and words = 'row ' || id")).ShouldBe(Rows);
        (await _test.ScalarAsync<decimal>($"select sum(number) from {Table}")).ShouldBe(((decimal)long.MaxValue * Rows) - ((decimal)Rows * (Rows - 1) / 2));
    }

    [Fact]
    public async Task Hashes_are_written_as_the_chain_writes_them()
    {
        Hash256[] hashes = [Hash256.Parse(new string('1', 64)), Hash256.Parse(new string('1', 64)), Hash256.Parse(new string('2', 64)), default, default];

        await using NpgsqlConnection connection = await _test.DataSource.OpenConnectionAsync(Token);
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(connection, $"copy {Table} (id, words) from stdin (format binary)", s_format, Token);
        for (int index = 0; index < hashes.Length; index++)
        {
            await copy.StartRowAsync(2, Token);
            copy.Integer(index);
            copy.Hash(hashes[index]);
        }

        await copy.CompleteAsync(Token);

        (await ReadAsync<string>("words")).ShouldBe(hashes.Select(static hash => s_format.FormatHash(hash)));
    }

    [Fact]
    public async Task A_copy_that_is_not_completed_leaves_nothing_and_its_connection_goes_on()
    {
        await using NpgsqlConnection connection = await _test.DataSource.OpenConnectionAsync(Token);
        await using (BinaryCopy copy = await BeginAsync(connection))
        {
            for (int index = 0; index < 10_000; index++)
            {
                await copy.StartRowAsync(7, Token);
                Write(copy, index, index, new string('x', 100));
            }
        }

        await using NpgsqlCommand count = new($"select count(*) from {Table}", connection);
        (await count.ExecuteScalarAsync(Token)).ShouldBe(0L);
    }

    [Fact]
    public async Task What_the_server_refuses_fails_as_what_it_is()
    {
        PostgresException refused = await Should.ThrowAsync<PostgresException>(() => CopyAsync(20_000, (copy, index) => Write(copy, index % 15_000, index, new string('x', 100))));

        refused.SqlState.ShouldBe(PostgresErrorCodes.UniqueViolation);
        refused.ConstraintName.ShouldBe("copied_pkey");
        (await _test.ScalarAsync<long>($"select count(*) from {Table}")).ShouldBe(0);
    }

    private static void Write(BinaryCopy copy, int id, BigInteger number = default, string? words = null, DateTimeOffset? moment = null)
    {
        copy.Integer(id);
        copy.Numeric(number);
        copy.Text(words);
        copy.Bytes([(byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id]);
        copy.BigInt(id);
        copy.Boolean(id % 2 == 0);
        copy.Time(moment);
    }

    private Task<BinaryCopy> BeginAsync(NpgsqlConnection connection) =>
        BinaryCopy.BeginAsync(connection, $"copy {Table} (id, number, words, bytes, long, yes, moment) from stdin (format binary)", s_format, Token);

    private async Task CopyAsync(int rows, Action<BinaryCopy, int> write)
    {
        await using NpgsqlConnection connection = await _test.DataSource.OpenConnectionAsync(Token);
        await using BinaryCopy copy = await BeginAsync(connection);
        for (int index = 0; index < rows; index++)
        {
            await copy.StartRowAsync(7, Token);
            write(copy, index);
        }

        await copy.CompleteAsync(Token);
    }

    private async Task<List<T>> ReadAsync<T>(string expression)
    {
        await using NpgsqlCommand command = _test.DataSource.CreateCommand($"select {expression} from {Table} order by id");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Token);
        List<T> values = [];
        while (await reader.ReadAsync(Token))
        {
            values.Add(await reader.GetFieldValueAsync<T>(0, Token));
        }

        return values;
    }
}
