using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>Answers JSON-RPC calls about the made-up chain.</summary>
internal sealed class ChainAnswers
{
    private const int SafeDepth = 32;
    private const int FinalDepth = 64;

    private readonly ChainShape _shape;
    private readonly BlockPages[] _pages;
    private readonly Dictionary<ulong, LogQuery> _queries = [];
    private long _head;
    private long _calls;

    public ChainAnswers(ChainShape shape)
    {
        _shape = shape;
        _head = shape.LastHeight;
        _pages = new BlockPages[ChainShape.Prototypes];
        Parallel.For(0, _pages.Length, index => _pages[index] = new BlockPages(shape, index));
    }

    public long Head
    {
        get => Volatile.Read(ref _head);
        set => Volatile.Write(ref _head, value);
    }

    /// <summary>How many calls were answered, those of batches counted one by one.</summary>
    public long Calls => Volatile.Read(ref _calls);

    public void WriteHeader(Output output, long height) => output.Write(PagesOf(height).Hashes, _shape, height);

    /// <summary>Answers a request: one call, or a batch.</summary>
    public void Answer(ReadOnlySpan<byte> request, Output output)
    {
        Utf8JsonReader reader = new(request);
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            output.Write("["u8);
            for (var first = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; first = false)
            {
                output.Write(first ? ""u8 : ","u8);
                AnswerOne(ref reader, request, output);
            }

            output.Write("]"u8);
        }
        else
        {
            AnswerOne(ref reader, request, output);
        }
    }

    private void AnswerOne(ref Utf8JsonReader reader, ReadOnlySpan<byte> request, Output output)
    {
        Interlocked.Increment(ref _calls);
        ReadOnlySpan<byte> id = default;
        ReadOnlySpan<byte> method = default;
        ReadOnlySpan<byte> parameters = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8);
            var isMethod = reader.ValueTextEquals("method"u8);
            var isParameters = reader.ValueTextEquals("params"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var value = request[start..(int)reader.BytesConsumed];
            id = isId ? value : id;
            method = isMethod ? value[1..^1] : method;
            parameters = isParameters ? value : parameters;
        }

        output.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
        output.Write(id);
        output.Write(",\"result\":"u8);
        var before = output.Length;
        if (!TryWriteResult(method, parameters, output))
        {
            output.Length = before - "\"result\":"u8.Length;
            output.Write("\"error\":{\"code\":-32601,\"message\":\"the method does not exist\"}"u8);
        }

        output.Write("}"u8);
    }

    private bool TryWriteResult(ReadOnlySpan<byte> method, ReadOnlySpan<byte> parameters, Output output)
    {
        if (method.SequenceEqual("eth_getBlockByNumber"u8))
        {
            WriteBlock(TakeHeight(Text(parameters, 0)), parameters.IndexOf("true"u8) >= 0, output);
        }
        else if (method.SequenceEqual("eth_getBlockByHash"u8))
        {
            WriteBlock(HeightOf(Text(parameters, 0)), parameters.IndexOf("true"u8) >= 0, output);
        }
        else if (method.SequenceEqual("eth_getLogs"u8))
        {
            WriteLogs(parameters, output);
        }
        else if (method.SequenceEqual("eth_getTransactionReceipt"u8))
        {
            WriteReceipt(Text(parameters, 0), output);
        }
        else if (method.SequenceEqual("eth_getBlockReceipts"u8))
        {
            WriteReceipts(Text(parameters, 0), output);
        }
        else if (method.SequenceEqual("eth_chainId"u8))
        {
            output.Write("\"0x1\""u8);
        }
        else if (method.SequenceEqual("eth_blockNumber"u8))
        {
            output.Write($"\"0x{Head:x}\"");
        }
        else
        {
            return false;
        }

        return true;
    }

    private void WriteBlock(long height, bool bodies, Output output)
    {
        if (height == 0)
        {
            output.Write($$"""{"hash":"0x{{new string('a', 64)}}","parentHash":"0x{{new string('0', 64)}}","number":"0x0","timestamp":"0x1","transactions":[]}""");
        }
        else if (height < ChainShape.FirstHeight || height > Head)
        {
            output.Write("null"u8);
        }
        else
        {
            output.Write(bodies ? PagesOf(height).Bodies : PagesOf(height).Hashes, _shape, height);
        }
    }

    private void WriteReceipt(ReadOnlySpan<byte> hash, Output output)
    {
        if (TryReadHash(hash, ofTransaction: true, out var height, out var index) && height <= Head)
        {
            output.Write(PagesOf(height).Receipts[index], _shape, height);
        }
        else
        {
            output.Write("null"u8);
        }
    }

    private void WriteReceipts(ReadOnlySpan<byte> block, Output output)
    {
        var height = block.Length == 66 ? HeightOf(block) : TakeHeight(block);
        if (height < ChainShape.FirstHeight || height > Head)
        {
            output.Write("null"u8);
            return;
        }

        WriteArray(PagesOf(height).Receipts, height, output);
    }

    private void WriteArray(JsonTemplate[] pages, long height, Output output)
    {
        output.Write("["u8);
        for (var index = 0; index < pages.Length; index++)
        {
            output.Write(index == 0 ? ""u8 : ","u8);
            output.Write(pages[index], _shape, height);
        }

        output.Write("]"u8);
    }

    private void WriteLogs(ReadOnlySpan<byte> parameters, Output output)
    {
        long from = 0;
        long to = 0;
        ReadOnlySpan<byte> contracts = default;
        ReadOnlySpan<byte> topics = default;
        Utf8JsonReader reader = new(parameters);
        reader.Read();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (name.SequenceEqual("fromBlock"u8))
            {
                from = TakeHeight(reader.ValueSpan);
            }
            else if (name.SequenceEqual("toBlock"u8))
            {
                to = TakeHeight(reader.ValueSpan);
            }
            else if (name.SequenceEqual("blockHash"u8))
            {
                from = to = HeightOf(reader.ValueSpan);
            }

            reader.Skip();
            if (name.SequenceEqual("address"u8))
            {
                contracts = parameters[start..(int)reader.BytesConsumed];
            }
            else if (name.SequenceEqual("topics"u8))
            {
                topics = parameters[start..(int)reader.BytesConsumed];
            }
        }

        var query = QueryOf(contracts, topics);
        output.Write("["u8);
        var first = true;
        for (var height = Math.Max(from, ChainShape.FirstHeight); height <= Math.Min(to, Head); height++)
        {
            var prototype = Prototype(height);
            foreach (var index in query.In(_pages, prototype))
            {
                output.Write(first ? ""u8 : ","u8);
                first = false;
                output.Write(_pages[prototype].Logs[index], _shape, height);
            }
        }

        output.Write("]"u8);
    }

    private LogQuery QueryOf(ReadOnlySpan<byte> contracts, ReadOnlySpan<byte> topics)
    {
        HashCode hash = default;
        hash.AddBytes(contracts);
        HashCode second = default;
        second.AddBytes(topics);
        var key = ((ulong)(uint)hash.ToHashCode() << 32) | (uint)second.ToHashCode();
        lock (_queries)
        {
            if (!_queries.TryGetValue(key, out var query))
            {
                query = new LogQuery(contracts.IsEmpty ? null : Set(JsonDocument.Parse(contracts.ToArray()).RootElement), topics.IsEmpty ? [] : [.. JsonDocument.Parse(topics.ToArray()).RootElement.EnumerateArray().Select(Set)]);
                _queries[key] = query;
            }

            return query;
        }

        static HashSet<string>? Set(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => new(StringComparer.OrdinalIgnoreCase) { value.GetString()! },
            JsonValueKind.Array when value.GetArrayLength() > 0 => new(value.EnumerateArray().Select(static one => one.GetString()!), StringComparer.OrdinalIgnoreCase),
            _ => null,
        };
    }

    private static int Prototype(long height) => (int)((height - ChainShape.FirstHeight) % ChainShape.Prototypes);

    private BlockPages PagesOf(long height) => _pages[Prototype(height)];

    private long TakeHeight(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("latest"u8) ? Head
        : text.SequenceEqual("finalized"u8) ? Head - FinalDepth
        : text.SequenceEqual("safe"u8) ? Head - SafeDepth
        : long.Parse(Encoding.ASCII.GetString(text[2..]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private long HeightOf(ReadOnlySpan<byte> hash) => TryReadHash(hash, ofTransaction: false, out var height, out _) ? height : -1;

    private bool TryReadHash(ReadOnlySpan<byte> text, bool ofTransaction, out long height, out int index)
    {
        Span<byte> hash = stackalloc byte[32];
        height = -1;
        index = -1;
        return text.Length == 66 && Convert.FromHexString(text[2..], hash, out _, out _) == System.Buffers.OperationStatus.Done && _shape.TryRead(hash, ofTransaction, out height, out index);
    }

    /// <summary>The text at a place of the parameters; of an object, its first text value.</summary>
    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> parameters, int place)
    {
        Utf8JsonReader reader = new(parameters);
        reader.Read();
        for (var at = -1; reader.Read();)
        {
            if (reader.TokenType == JsonTokenType.String && ++at == place)
            {
                return reader.ValueSpan;
            }
        }

        return default;
    }
}
