using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using ChainWatch.Benchmarks.CatchUp;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Benchmarks.Live;

/// <summary>
/// The bound of P7: on each announcement the block's logs are asked for, looked through for the watched addresses, and written with the new height, all by the shortest way.
/// It checks nothing, links no blocks, fences nothing and tells no events.
/// </summary>
internal static class BareTipProgram
{
    public static async Task PrepareAsync(NpgsqlDataSource dataSource)
    {
        await using var command = dataSource.CreateCommand(
            """
            create schema bare;
            create table bare.transfer (tx text not null, ordinal integer not null, height bigint not null, address bytea not null, primary key (tx, ordinal));
            create table bare.cursor (one integer primary key, height bigint not null) with (fillfactor = 50);
            insert into bare.cursor values (1, 0);
            """);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task RunAsync(Arguments arguments)
    {
        var shape = ChainShape.Parse(arguments);
        Uri url = new(arguments.Text("url", ""));
        HashSet<BareAddress> watched = [.. Enumerable.Range(0, arguments.Number("addresses", 1_000_000)).Select(number => BareAddress.Of(shape.Address(number < 1_000 ? number : number + 10_000_000)))];
        await using var connection = new NpgsqlConnection(arguments.Text("postgres", ""));
        await connection.OpenAsync();
        await using NpgsqlCommand write = new(
            "with rows as (insert into bare.transfer select u.tx, u.ordinal, $1, u.address from unnest($2, $3, $4) as u (tx, ordinal, address)) update bare.cursor set height = $1 where one = 1", connection);
        NpgsqlParameter<long> height = new();
        NpgsqlParameter<string[]> transactions = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
        NpgsqlParameter<int[]> ordinals = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };
        NpgsqlParameter<byte[][]> addresses = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
        write.Parameters.AddRange(new NpgsqlParameter[] { height, transactions, ordinals, addresses });
        transactions.TypedValue = [];
        ordinals.TypedValue = [];
        addresses.TypedValue = [];
        await write.PrepareAsync();

        using HttpClient http = new(new SocketsHttpHandler { UseCookies = false, UseProxy = false });
        using ClientWebSocket socket = new();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{url.Port}/"), CancellationToken.None);
        await socket.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"""u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[64 * 1024];
        await ReceiveAsync(socket, buffer, CancellationToken.None);
        Console.WriteLine("ready");
        using CancellationTokenSource stop = new();
        _ = Task.Run(() =>
        {
            Console.In.ReadToEnd();
            stop.Cancel();
        });
        try
        {
            while (true)
            {
                var length = await ReceiveAsync(socket, buffer, stop.Token);
                var (number, hash) = ReadHead(buffer.AsSpan(0, length));
                var body = $$"""
                    [{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByHash","params":["{{hash}}",false]},{"jsonrpc":"2.0","id":2,"method":"eth_getLogs","params":[{"blockHash":"{{hash}}","topics":["0x{{Convert.ToHexStringLower(MadeLog.TransferTopic)}}"]}]}]
                    """;
                using ByteArrayContent content = new(Encoding.ASCII.GetBytes(body));
                using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = content };
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                var size = (int)response.Content.Headers.ContentLength!.Value;
                var bytes = ArrayPool<byte>.Shared.Rent(size);
                await using (var stream = await response.Content.ReadAsStreamAsync())
                {
                    await stream.ReadExactlyAsync(bytes.AsMemory(0, size));
                }

                (transactions.TypedValue, ordinals.TypedValue, addresses.TypedValue) = ReadLogs(bytes.AsSpan(0, size), watched);
                height.TypedValue = number;
                ArrayPool<byte>.Shared.Return(bytes);
                await write.ExecuteNonQueryAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private static async Task<int> ReceiveAsync(ClientWebSocket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        var filled = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
            filled += result.Count;
        }
        while (!result.EndOfMessage);
        return filled;
    }

    private static (long Height, string Hash) ReadHead(ReadOnlySpan<byte> message)
    {
        var number = message[(message.IndexOf("\"number\""u8) + 8)..];
        number = number[(number.IndexOf((byte)'x') + 1)..];
        var hash = message[(message.IndexOf("\"hash\""u8) + 6)..];
        hash = hash[hash.IndexOf("0x"u8)..];
        return (long.Parse(number[..number.IndexOf((byte)'"')], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), Encoding.ASCII.GetString(hash[..66]));
    }

    private static (string[] Transactions, int[] Ordinals, byte[][] Addresses) ReadLogs(ReadOnlySpan<byte> json, HashSet<BareAddress> watched)
    {
        List<string> transactions = [];
        List<int> ordinals = [];
        List<byte[]> found = [];
        Span<byte> address = stackalloc byte[20];
        int at;
        while ((at = json.IndexOf("\"topics\""u8)) >= 0)
        {
            var start = json[..at].LastIndexOf((byte)'{');
            var log = json[start..(at + json[at..].IndexOf((byte)'}'))];
            var topics = json[(at + 8)..];
            json = topics;
            var third = topics;
            for (var skipped = 0; skipped < 3; skipped++)
            {
                third = third[(third.IndexOf("\"0x"u8) + 3)..];
            }

            Convert.FromHexString(third.Slice(24, 40), address, out _, out _);
            if (!watched.Contains(BareAddress.Of(address)))
            {
                continue;
            }

            var transaction = log[(log.IndexOf("\"transactionHash\""u8) + 17)..];
            transactions.Add(Encoding.ASCII.GetString(transaction.Slice(transaction.IndexOf("0x"u8), 66)));
            ordinals.Add(ordinals.Count);
            found.Add(address.ToArray());
        }

        return ([.. transactions], [.. ordinals], [.. found]);
    }
}
