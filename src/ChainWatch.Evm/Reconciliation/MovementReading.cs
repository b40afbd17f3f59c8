using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>
/// Reads what a block did to an address besides paying it: for the native coin its own transactions with their fees, withdrawals (EIP-4895) and the block's reward; for a token the transfers that its
/// contract told (EIP-20). It is asked rarely, for single blocks, so it reads them the plain way.
/// </summary>
internal static class MovementReading
{
    /// <summary>EIP-4895 tells withdrawals in Gwei.</summary>
    private const long Gwei = 1_000_000_000;

    /// <summary>The hash of <c>Transfer(address,address,uint256)</c>.</summary>
    private const string TransferTopic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

    public static async ValueTask<BlockMovements> ReadAsync(EvmEndpoint endpoint, AddressKey address, EvmAddress? contract, ChainPoint block, CancellationToken cancellationToken) =>
        contract is { } token
            ? new BlockMovements { Sent = await ReadSentTokensAsync(endpoint, address, token, block, cancellationToken) }
            : await ReadNativeAsync(endpoint, address, block, cancellationToken);

    private static async ValueTask<BigInteger> ReadSentTokensAsync(EvmEndpoint endpoint, AddressKey address, EvmAddress token, ChainPoint block, CancellationToken cancellationToken)
    {
        string filter = $"[{{\"blockHash\":\"0x{block.Hash}\",\"address\":\"{token}\",\"topics\":[\"{TransferTopic}\",\"0x000000000000000000000000{address}\"]}}]";
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync("eth_getLogs", filter, cancellationToken);
        return Parse(endpoint, replies[0], logs => logs.EnumerateArray().Aggregate(BigInteger.Zero, static (sum, log) => sum + Word(log.GetProperty("data").GetString()!)));
    }

    private static async ValueTask<BlockMovements> ReadNativeAsync(EvmEndpoint endpoint, AddressKey address, ChainPoint block, CancellationToken cancellationToken)
    {
        string own = $"0x{address}";
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync("eth_getBlockByHash", $"[\"0x{block.Hash}\",true]", cancellationToken);
        (BigInteger withdrawn, bool rewarded, (string Hash, BigInteger Value)[] sent) = Parse(endpoint, replies[0], found => (
            Items(found, "withdrawals").Where(one => Is(one, "address", own)).Aggregate(BigInteger.Zero, static (sum, one) => sum + (Quantity(one, "amount") * Gwei)),
            Is(found, "miner", own),
            Items(found, "transactions").Where(one => Is(one, "from", own)).Select(static one => (one.GetProperty("hash").GetString()!, Quantity(one, "value"))).ToArray()));
        BigInteger value = BigInteger.Zero;
        BigInteger fees = BigInteger.Zero;
        foreach ((string hash, BigInteger amount) in sent)
        {
            using JsonRpcReplies receipt = await endpoint.Rpc.CallAsync("eth_getTransactionReceipt", $"[\"{hash}\"]", cancellationToken);
            (BigInteger fee, bool failed) = Parse(endpoint, receipt[0], static found => (
                // Blobs (EIP-4844) and what chains on top of others charge for them are paid beside the gas.
                (Quantity(found, "gasUsed") * Quantity(found, "effectiveGasPrice")) + (Quantity(found, "blobGasUsed") * Quantity(found, "blobGasPrice")) + Quantity(found, "l1Fee"),
                found.TryGetProperty("status", out JsonElement status) && status.GetString() == "0x0"));
            fees += fee;
            value += failed ? BigInteger.Zero : amount;
        }

        return new BlockMovements { Sent = value, Fees = fees, Withdrawn = withdrawn, IsRewarded = rewarded };
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;

    private static bool Is(JsonElement of, string name, string text) => of.TryGetProperty(name, out JsonElement value) && string.Equals(value.GetString(), text, StringComparison.OrdinalIgnoreCase);

    private static BigInteger Quantity(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? Word(value.GetString()!) : BigInteger.Zero;

    private static BigInteger Word(string hex) => hex.Length > 2 ? BigInteger.Parse($"0{hex.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : BigInteger.Zero;

    private static T Parse<T>(EvmEndpoint endpoint, JsonRpcReply reply, Func<JsonElement, T> read)
    {
        try
        {
            Utf8JsonReader json = new(reply.Require());
            using JsonDocument document = JsonDocument.ParseValue(ref json);
            return document.RootElement.ValueKind == JsonValueKind.Null
                ? throw new EndpointException(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' does not have the block any more")
                : read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "the answer does not have the protocol's shape");
            throw;
        }
    }
}
