using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>
/// Lets a fake node tell balances: what the transactions of its chain moved to an address, up to a block. What the address sent is not looked at, and a contract exists from the first block on that
/// logs something of it.
/// </summary>
public sealed class FakeState
{
    private readonly FakeChain _chain;
    private readonly FakeNode _node;

    public FakeState(FakeChain chain, FakeNode node, StatePinning pinning = StatePinning.ByHash)
    {
        _chain = chain;
        _node = node;
        Pinning = pinning;
        node.Intercept = Answer;
    }

    public StatePinning Pinning { get; set; }

    /// <summary>Below this height the node has no state any more.</summary>
    public long OldestState { get; set; }

    /// <summary>A contract that refuses to say what anybody holds.</summary>
    public string? Reverting { get; set; }

    /// <summary>Called before each question about state, to let the chain move under the reader's hand.</summary>
    public Action? Before { get; set; }

    private JsonNode? Answer(string method, JsonArray parameters)
    {
        if (method is not ("eth_getBalance" or "eth_getTransactionCount" or "eth_call"))
        {
            return null;
        }

        Before?.Invoke();
        FakeBlock block = BlockOf(parameters[1]!);
        if (block.Number < OldestState)
        {
            throw new FakeRpcException(-32000, "missing trie node 00 (path ) state 0x00 is not available");
        }

        IEnumerable<FakeTransaction> transactions = _chain.Canonical.Take((int)block.Number + 1).SelectMany(static one => one.Transactions);
        if (method == "eth_getTransactionCount")
        {
            string sender = (string)parameters[0]!;
            return $"0x{transactions.Count(one => string.Equals(one.From, sender, StringComparison.OrdinalIgnoreCase)):x}";
        }

        if (method == "eth_getBalance")
        {
            string holder = (string)parameters[0]!;
            BigInteger amount = transactions.Where(one => string.Equals(one.To, holder, StringComparison.OrdinalIgnoreCase)).Aggregate(BigInteger.Zero, static (sum, one) => sum + one.Value);
            string digits = amount.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
            return digits.Length == 0 ? "0x0" : "0x" + digits;
        }

        string contract = (string)parameters[0]!["to"]!;
        string data = (string)parameters[0]!["data"]!;
        data.ShouldStartWith("0x70a08231");
        if (string.Equals(contract, Reverting, StringComparison.Ordinal))
        {
            throw new FakeRpcException(3, "execution reverted");
        }

        FakeTransaction[] calls = [.. transactions.Where(one => string.Equals(one.To, contract, StringComparison.OrdinalIgnoreCase))];
        string topic = "0x" + data[10..];
        BigInteger held = calls.SelectMany(static one => one.Logs).Where(log => log.Topics.Count > 2 && string.Equals(log.Topics[2], topic, StringComparison.OrdinalIgnoreCase))
            .Aggregate(BigInteger.Zero, static (sum, log) => sum + BigInteger.Parse("0" + log.Data[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return calls.Length == 0 ? "0x" : "0x" + held.ToString("x64", CultureInfo.InvariantCulture)[^64..];
    }

    private FakeBlock BlockOf(JsonNode parameter)
    {
        if (parameter is not JsonObject pinned)
        {
            long number = long.Parse(((string)parameter!).AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return number <= _node.HeadNumber ? _chain[number] : throw new FakeRpcException(-32000, "header not found");
        }

        if (Pinning == StatePinning.Refused)
        {
            throw new FakeRpcException(-32602, "invalid argument 1: hex string expected");
        }

        if (Pinning == StatePinning.Ignored)
        {
            return _chain[_node.HeadNumber];
        }

        FakeBlock? block = _chain.Find((string)pinned["blockHash"]!);
        if (block is null || block.Number > _node.HeadNumber)
        {
            throw new FakeRpcException(-32000, "header for hash not found");
        }

        ((bool)pinned["requireCanonical"]!).ShouldBeTrue();
        return _chain.Canonical.Contains(block) ? block : throw new FakeRpcException(-32000, "hash is not currently canonical");
    }
}
