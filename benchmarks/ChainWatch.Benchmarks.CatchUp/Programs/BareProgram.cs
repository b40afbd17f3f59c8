using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>
/// The bound: what a straight-line program reaches that trusts the server in everything. Requests in parallel, a parse that looks for the few fields it knows, one COPY a
/// batch into one table. It checks nothing, links no blocks, knows no reorgs, no events, no confirmations and no terms, and is wrong on the day that anything goes wrong.
/// </summary>
internal sealed class BareProgram : IDisposable
{
    private const int Parallelism = 4;

    private readonly ChainShape _shape;
    private readonly CatchUpCase _case;
    private readonly Uri _url;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, UseProxy = false });
    private readonly HashSet<BareAddress> _watched;
    private readonly string _filter;
    private readonly int _batch;

    public BareProgram(ChainShape shape, CatchUpCase one, Uri url, int batch)
    {
        _shape = shape;
        _case = one;
        _url = url;
        _watched = [.. one.Addresses(shape).Select(static address => BareAddress.Of(address))];
        _batch = batch;
        var topic = $"\"0x{Convert.ToHexStringLower(MadeLog.TransferTopic)}\"";
        _filter = one.BusyTokenOnly ? $"\"address\":\"0x{Convert.ToHexStringLower(shape.Contract(0))}\",\"topics\":[{topic}]"
            : one.Watched <= 1_000 ? $"\"topics\":[{topic},null,[{string.Join(',', one.Addresses(shape).Select(static address => $"\"0x{Convert.ToHexStringLower(MadeLog.Word(address))}\""))}]]"
            : $"\"topics\":[{topic}]";
    }

    /// <summary>Prepares the table, which is not part of what is measured.</summary>
    public static async Task PrepareAsync(string connectionString, string schema)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var command = dataSource.CreateCommand(
            $"""
            create schema {schema};
            create table {schema}.transfer (tx bytea not null, log_index integer not null, height bigint not null, contract bytea not null, "from" bytea not null, "to" bytea not null, amount numeric not null, primary key (tx, log_index));
            create index on {schema}.transfer ("to", height);
            create table {schema}.progress (height bigint not null);
            insert into {schema}.progress values (0);
            """);
        await command.ExecuteNonQueryAsync();
    }

    /// <returns>The <see cref="Stopwatch"/> timestamp at which the first batch was committed.</returns>
    public async Task<long> RunAsync(string connectionString, string schema)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var connection = await dataSource.OpenConnectionAsync();
        Queue<Task<List<BareRow>>> underWay = new();
        Task<long>? writing = null;
        var first = 0L;
        var next = ChainShape.FirstHeight;
        while (next <= _shape.LastHeight || underWay.Count > 0)
        {
            while (next <= _shape.LastHeight && underWay.Count < Parallelism)
            {
                var from = next;
                var to = Math.Min(_shape.LastHeight, from + _batch - 1);
                underWay.Enqueue(Task.Run(() => ReadAsync(from, to)));
                next = to + 1;
            }

            var rows = await underWay.Dequeue();
            first = writing is null || first != 0 ? first : await writing;
            await (writing ?? Task.CompletedTask);
            writing = WriteAsync(connection, schema, rows, next - 1);
        }

        var last = await writing!;
        return first == 0 ? last : first;
    }

    public void Dispose() => _http.Dispose();

    private static async Task<long> WriteAsync(NpgsqlConnection connection, string schema, List<BareRow> rows, long height)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var importer = await connection.BeginBinaryImportAsync($"copy {schema}.transfer from stdin (format binary)"))
        {
            foreach (var row in rows)
            {
                await importer.StartRowAsync();
                await importer.WriteAsync(row.Transaction, NpgsqlDbType.Bytea);
                await importer.WriteAsync(row.LogIndex, NpgsqlDbType.Integer);
                await importer.WriteAsync(row.Height, NpgsqlDbType.Bigint);
                await importer.WriteAsync(row.Contract, NpgsqlDbType.Bytea);
                await importer.WriteAsync(row.From, NpgsqlDbType.Bytea);
                await importer.WriteAsync(row.To, NpgsqlDbType.Bytea);
                await importer.WriteAsync(row.Amount, NpgsqlDbType.Numeric);
            }

            await importer.CompleteAsync();
        }

        await using var progress = new NpgsqlCommand($"update {schema}.progress set height = $1", connection, transaction);
        progress.Parameters.Add(new NpgsqlParameter<long> { TypedValue = height });
        await progress.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return Stopwatch.GetTimestamp();
    }

    private async Task<List<BareRow>> ReadAsync(long from, long to)
    {
        List<BareRow> rows = [];
        var (bytes, length) = await PostAsync($$"""{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"fromBlock":"0x{{from:x}}","toBlock":"0x{{to:x}}",{{_filter}}}]}""");
        ReadLogs(bytes.AsSpan(0, length), rows);
        ArrayPool<byte>.Shared.Return(bytes);
        if (_case.Native)
        {
            StringBuilder calls = new("[");
            for (var height = from; height <= to; height++)
            {
                calls.Append(CultureInfo.InvariantCulture, $$"""{{(height == from ? "" : ",")}}{"jsonrpc":"2.0","id":{{height}},"method":"eth_getBlockByNumber","params":["0x{{height:x}}",true]}""");
            }

            (bytes, length) = await PostAsync(calls.Append(']').ToString());
            ReadTransactions(bytes.AsSpan(0, length), rows);
            ArrayPool<byte>.Shared.Return(bytes);
        }

        return rows;
    }

    private async Task<(byte[] Bytes, int Length)> PostAsync(string body)
    {
        using ByteArrayContent content = new(Encoding.ASCII.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpRequestMessage request = new(HttpMethod.Post, _url) { Content = content };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var length = (int)response.Content.Headers.ContentLength!.Value;
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(bytes.AsMemory(0, length));
        return (bytes, length);
    }

    private void ReadLogs(ReadOnlySpan<byte> json, List<BareRow> rows)
    {
        json = json[json.IndexOf((byte)'[')..];
        Span<byte> address = stackalloc byte[20];
        int start;
        while ((start = json.IndexOf((byte)'{')) >= 0)
        {
            var end = start + json[start..].IndexOf((byte)'}');
            var log = json[start..end];
            json = json[end..];
            var topics = log[(log.IndexOf("\"topics\""u8) + 8)..];
            // Behind the first topic stand the padded addresses of who sends and who receives.
            var first = topics.IndexOf("\"0x"u8) + 3;
            var second = first + 64 + topics[(first + 64)..].IndexOf("\"0x"u8) + 3;
            var third = second + 64 + topics[(second + 64)..].IndexOf("\"0x"u8) + 3;
            Convert.FromHexString(topics.Slice(third + 24, 40), address, out _, out _);
            if (!_watched.Contains(BareAddress.Of(address)))
            {
                continue;
            }

            rows.Add(new BareRow(
                Bytes(log, "\"transactionHash\""u8, 64),
                (int)Number(log, "\"logIndex\""u8),
                Number(log, "\"blockNumber\""u8),
                Bytes(log, "\"address\""u8, 40),
                Convert.FromHexString(topics.Slice(second + 24, 40)),
                address.ToArray(),
                Number(log, "\"data\""u8)));
        }
    }

    private void ReadTransactions(ReadOnlySpan<byte> json, List<BareRow> rows)
    {
        Span<byte> address = stackalloc byte[20];
        int at;
        while ((at = json.IndexOf("\"accessList\""u8)) >= 0)
        {
            // The object around it: no other object is nested in it.
            var start = json[..at].LastIndexOf((byte)'{');
            var end = at + json[at..].IndexOf((byte)'}');
            var transaction = json[start..end];
            json = json[end..];
            var to = transaction[(transaction.IndexOf("\"to\""u8) + 4)..];
            Convert.FromHexString(to.Slice(to.IndexOf((byte)'x') + 1, 40), address, out _, out _);
            if (_watched.Contains(BareAddress.Of(address)))
            {
                rows.Add(new BareRow(
                    Bytes(transaction, "\"hash\""u8, 64),
                    -1,
                    Number(transaction, "\"blockNumber\""u8),
                    new byte[20],
                    Bytes(transaction, "\"from\""u8, 40),
                    address.ToArray(),
                    Number(transaction, "\"value\""u8)));
            }
        }
    }

    private static ReadOnlySpan<byte> Hex(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key)
    {
        json = json[(json.IndexOf(key) + key.Length)..];
        json = json[(json.IndexOf((byte)'x') + 1)..];
        return json[..json.IndexOf((byte)'"')];
    }

    private static byte[] Bytes(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key, int digits)
    {
        var bytes = new byte[digits / 2];
        Convert.FromHexString(Hex(json, key)[..digits], bytes, out _, out _);
        return bytes;
    }

    private static long Number(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key)
    {
        var digits = Hex(json, key);
        return long.Parse(digits[Math.Max(0, digits.Length - 16)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & long.MaxValue;
    }
}
