using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace ChainWatch.Blockbook;

/// <summary>
/// Reads what an instance says an address holds, now: Blockbook knows no state of an earlier block. The newest block is looked at before and after, and the state counts only where it stayed the
/// same.
/// </summary>
internal sealed class BlockbookStateReader : IChainStateReader
{
    private const int Deepest = 512;

    /// <summary>
    /// How long an instance takes at most to index a block that its node has already. Balances of accounts are those of the node: what is read in between would be of a block that the instance
    /// does not tell yet.
    /// </summary>
    private static readonly TimeSpan IndexingTime = TimeSpan.FromSeconds(2);

    private readonly EndpointPool<BlockbookEndpoint> _pool;
    private readonly WatchPlan _plan;
    private readonly ChainFormat _format;
    private readonly TimeProvider _time;

    public BlockbookStateReader(EndpointPool<BlockbookEndpoint> pool, WatchPlan plan, ChainFormat format, TimeProvider time)
    {
        _pool = pool;
        _plan = plan;
        _format = format;
        _time = time;
    }

    /// <summary>As many as fit well into the time between two blocks, and into what a public instance allows.</summary>
    public int MaxAddresses => 10;

    public ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfZero(addresses.Count, nameof(addresses));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addresses.Count, MaxAddresses, nameof(addresses));
        return _pool.RunAsync(
            async (endpoint, cancellation) =>
            {
                ChainPoint before = await endpoint.ReadTipAsync(cancellation);
                if (at is { } asked && asked.Height > before.Height)
                {
                    return Answer<ChainState>.NotYet(string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' has blocks up to {before.Height}"));
                }

                List<AddressState> states = [];
                foreach (AddressKey address in addresses)
                {
                    states.Add(await ReadAddressAsync(endpoint, address, cancellation));
                }

                if (_plan.Coin.Type == CoinType.Ethereum)
                {
                    await Task.Delay(IndexingTime, _time, cancellation);
                }

                ChainPoint after = await endpoint.ReadTipAsync(cancellation);
                return after == before
                    ? Answer<ChainState>.Found(new ChainState { Point = before, Endpoint = endpoint.Name, Addresses = states })
                    : Answer<ChainState>.Unknown($"endpoint '{endpoint.Name}' went from block {before.Height} to {after.Height} while it was read");
            },
            cancellationToken);
    }

    private async ValueTask<AddressState> ReadAddressAsync(BlockbookEndpoint endpoint, AddressKey key, CancellationToken cancellationToken)
    {
        string address = _format.FormatAddress(key);
        if (_plan.Coin.Type == CoinType.Bitcoin && endpoint.HasHttp)
        {
            // Over WebSocket, outputs that only the mempool spends would be missing.
            using ServerAnswer outputs = await endpoint.AskHttpAsync("utxo", $"api/v2/utxo/{address}?confirmed=true", cancellationToken);
            return endpoint.Parse(outputs, data => Parse(data, json => ReadOutputs(key, json)));
        }

        string details = _plan.Coin.Type == CoinType.Bitcoin ? "basic" : "tokenBalances";
        using ServerAnswer account = endpoint.UsesSocket
            ? await endpoint.AskSocketAsync("getAccountInfo", $"{{\"descriptor\":\"{address}\",\"details\":\"{details}\"}}", cancellationToken, address)
            : await endpoint.AskHttpAsync("address", $"api/v2/address/{address}?details={details}", cancellationToken);
        return endpoint.Parse(account, data => Parse(data, json => ReadAccount(key, json)));
    }

    private AddressState ReadOutputs(AddressKey key, JsonElement json)
    {
        List<UnspentOutput> outputs = [];
        foreach (JsonElement output in json.EnumerateArray())
        {
            if (output.GetProperty("confirmations").GetInt64() <= 0)
            {
                continue;
            }

            outputs.Add(new UnspentOutput
            {
                TransactionId = Hash256.Parse(output.GetProperty("txid").GetString()),
                Ordinal = output.GetProperty("vout").GetInt64(),
                Asset = _plan.Native!,
                Amount = ReadAmount(output, "value"),
                Height = output.TryGetProperty("height", out JsonElement height) ? height.GetInt64() : null,
            });
        }

        BigInteger sum = BigInteger.Zero;
        outputs.ForEach(output => sum += output.Amount);
        return new AddressState { Key = key, Balances = [new AssetBalance(_plan.Native!, sum)], Unspent = outputs };
    }

    private AddressState ReadAccount(AddressKey key, JsonElement json)
    {
        Dictionary<Asset, BigInteger> held = _plan.Tokens.ToDictionary(static asset => asset, static _ => BigInteger.Zero);
        if (json.TryGetProperty("tokens", out JsonElement tokens) && tokens.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement token in tokens.EnumerateArray())
            {
                if (token.TryGetProperty("contract", out JsonElement contract) && contract.GetString() is { } text && _plan.Find(System.Text.Encoding.UTF8.GetBytes(text)) is { } asset)
                {
                    held[asset] = ReadAmount(token, "balance");
                }
            }
        }

        List<AssetBalance> balances = _plan.Native is { } native ? [new AssetBalance(native, ReadAmount(json, "balance"))] : [];
        balances.AddRange(held.Select(static pair => new AssetBalance(pair.Key, pair.Value)));
        return new AddressState { Key = key, Balances = balances };
    }

    private static BigInteger ReadAmount(JsonElement from, string name)
    {
        ReadOnlySpan<byte> text = from.TryGetProperty(name, out JsonElement value) ? System.Text.Encoding.UTF8.GetBytes(value.GetString() ?? "") : default;
        return Numbers.IsAmount(text) ? Numbers.ReadAmount(text) : throw new AnswerFormatException(BlockCheck.Format, $"{name} is no whole number");
    }

    private static T Parse<T>(ReadOnlySpan<byte> data, Func<JsonElement, T> read)
    {
        try
        {
            Utf8JsonReader reader = new(data, new JsonReaderOptions { MaxDepth = Deepest });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new AnswerFormatException(BlockCheck.Format, "it is no JSON of the protocol's shape");
        }
    }
}
