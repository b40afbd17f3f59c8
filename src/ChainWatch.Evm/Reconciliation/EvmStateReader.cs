using System.Globalization;
using System.Numerics;

namespace ChainWatch.Evm;

/// <summary>
/// Reads balances at one block. They are asked for by the block's hash where the endpoint honours that (EIP-1898), so that no reorg and no second node behind a load balancer can mix two states;
/// else by its number, with the block's hash looked at before and after.
/// </summary>
internal sealed class EvmStateReader : IChainStateReader
{
    private const int MostAddresses = 100;

    // What one batch carries, less the two looks at the block.
    private const int CallsAtOnce = 254;

    private const string BalanceOf = "0x70a08231000000000000000000000000";

    private readonly EndpointPool<EvmEndpoint> _pool;
    private readonly Asset? _native;
    private readonly IReadOnlyList<(EvmAddress Contract, Asset Asset)> _tokens;
    private readonly TimeProvider _time;

    /// <param name="pool">The endpoints.</param>
    /// <param name="native">The native coin; <see langword="null"/> where it is not watched.</param>
    /// <param name="tokens">The watched tokens and their contracts.</param>
    /// <param name="timeProvider">The clock.</param>
    public EvmStateReader(EndpointPool<EvmEndpoint> pool, Asset? native, IReadOnlyList<(EvmAddress Contract, Asset Asset)> tokens, TimeProvider timeProvider)
    {
        _pool = pool;
        _native = native;
        _tokens = tokens;
        _time = timeProvider;
    }

    public int MaxAddresses => Math.Clamp(CallsAtOnce / (AssetCount + 1), 1, MostAddresses);

    private int AssetCount => (_native is null ? 0 : 1) + _tokens.Count;

    public ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfZero(addresses.Count, nameof(addresses));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addresses.Count, MaxAddresses, nameof(addresses));
        return _pool.RunAsync(async (endpoint, cancellation) => Answer<ChainState>.Found(await ReadAsync(endpoint, addresses, at, cancellation)), cancellationToken);
    }

    public ValueTask<Answer<BlockMovements>> ReadMovementsAsync(AddressKey address, Asset asset, ChainPoint block, CancellationToken cancellationToken) =>
        _pool.RunAsync(async (endpoint, cancellation) => Answer<BlockMovements>.Found(await MovementReading.ReadAsync(endpoint, address, ContractOf(asset), block, cancellation)), cancellationToken);

    private EvmAddress? ContractOf(Asset asset)
    {
        foreach ((EvmAddress contract, Asset token) in _tokens)
        {
            if (token == asset)
            {
                return contract;
            }
        }

        return null;
    }

    private async ValueTask<ChainState> ReadAsync(EvmEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        ChainPoint point = at ?? (await TipReading.ReadAsync(endpoint, wantMarks: false, _time, cancellationToken)).Head;
        try
        {
            endpoint.PinsState ??= await HonoursHashAsync(endpoint, point, cancellationToken);
            return endpoint.PinsState is true
                ? await ReadByHashAsync(endpoint, addresses, point, cancellationToken)
                : await ReadByNumberAsync(endpoint, addresses, point, cancellationToken);
        }
        catch (EndpointException exception) when (exception.Kind == EndpointErrorKind.MissingData)
        {
            ChainPoint head = (await TipReading.ReadAsync(endpoint, wantMarks: false, _time, cancellationToken)).Head;
            if (head.Height < point.Height)
            {
                throw new EndpointException(EndpointErrorKind.NotYet, string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' is at height {head.Height}"));
            }

            throw;
        }
    }

    /// <summary>
    /// True where the endpoint answers for the block of a hash and for no other. One that takes the parameter without looking at it would answer for its newest block, whatever it was asked: it
    /// shows by knowing the state at a block that does not exist.
    /// </summary>
    private async ValueTask<bool> HonoursHashAsync(EvmEndpoint endpoint, ChainPoint point, CancellationToken cancellationToken)
    {
        const string Anybody = "0x0000000000000000000000000000000000000000";
        Span<byte> nowhere = stackalloc byte[Hash256.Length];
        nowhere.Fill(0xfe);
        JsonRpcCall[] calls =
        [
            new("eth_getBalance", $"[\"{Anybody}\",{Pinned(point.Hash)}]"),
            new("eth_getBalance", $"[\"{Anybody}\",{Pinned(new Hash256(nowhere))}]"),
        ];
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
        if (replies[0].Error is { } error)
        {
            return error.Kind is EndpointErrorKind.Unsupported or EndpointErrorKind.ClientBug or EndpointErrorKind.Transient ? false : throw new EndpointException(error);
        }

        return replies[1].Error is not null || replies[1].IsNull;
    }

    private async ValueTask<ChainState> ReadByHashAsync(EvmEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint point, CancellationToken cancellationToken)
    {
        JsonRpcCall[] calls = [.. StateCalls(addresses, Pinned(point.Hash))];
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
        return ReadState(endpoint, addresses, point, replies, first: 0);
    }

    private async ValueTask<ChainState> ReadByNumberAsync(EvmEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint point, CancellationToken cancellationToken)
    {
        string number = $"\"{HexText.Quantity(point.Height)}\"";
        JsonRpcCall look = new("eth_getBlockByNumber", $"[{number},false]");
        JsonRpcCall[] calls = [look, .. StateCalls(addresses, number), look];
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
        CheckBlock(endpoint, point, replies[0]);
        CheckBlock(endpoint, point, replies[calls.Length - 1]);
        return ReadState(endpoint, addresses, point, replies, first: 1);
    }

    private static void CheckBlock(EvmEndpoint endpoint, ChainPoint point, JsonRpcReply reply)
    {
        if (reply.IsNull)
        {
            throw new EndpointException(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' has no block {point.Height}");
        }

        ChainPoint there = AnswerReader.Read(endpoint, reply, static (json, endpoint) => BlockParser.ReadHeader(json, endpoint.Name)).Point;
        if (there != point)
        {
            throw new EndpointException(EndpointErrorKind.NotCanonical, $"endpoint '{endpoint.Name}' has block {there} where {point} was asked for");
        }
    }

    private IEnumerable<JsonRpcCall> StateCalls(IReadOnlyList<AddressKey> addresses, string block)
    {
        foreach (AddressKey address in addresses)
        {
            yield return new JsonRpcCall("eth_getTransactionCount", $"[\"0x{address}\",{block}]");
            if (_native is not null)
            {
                yield return new JsonRpcCall("eth_getBalance", $"[\"0x{address}\",{block}]");
            }

            foreach ((EvmAddress contract, _) in _tokens)
            {
                yield return new JsonRpcCall("eth_call", $"[{{\"to\":\"{contract}\",\"data\":\"{BalanceOf}{address}\"}},{block}]");
            }
        }
    }

    private ChainState ReadState(EvmEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint point, JsonRpcReplies replies, int first)
    {
        int next = first;
        List<AddressState> states = new(addresses.Count);
        foreach (AddressKey address in addresses)
        {
            List<AssetBalance> balances = new(AssetCount);
            long sent = (long)ReadQuantity(endpoint, replies[next++], "eth_getTransactionCount");
            if (_native is not null)
            {
                balances.Add(new AssetBalance(_native, ReadQuantity(endpoint, replies[next++], "eth_getBalance")));
            }

            foreach ((_, Asset asset) in _tokens)
            {
                if (ReadTokenBalance(endpoint, replies[next++]) is { } amount)
                {
                    balances.Add(new AssetBalance(asset, amount));
                }
            }

            states.Add(new AddressState { Key = address, Balances = balances, Sent = sent });
        }

        return new ChainState { Point = point, Endpoint = endpoint.Name, Addresses = states };
    }

    private static BigInteger ReadQuantity(EvmEndpoint endpoint, JsonRpcReply reply, string method)
    {
        ReadOnlySpan<byte> json = reply.Require();
        UInt256 amount = default;
        if (json.Length < 2 || !HexText.TryReadQuantity(json[1..^1], out amount))
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, $"{method} does not answer a number");
        }

        return amount.ToBigInteger();
    }

    /// <summary>Reads what <c>balanceOf</c> returned; <see langword="null"/> where there is no contract at that block, or it refuses.</summary>
    private static BigInteger? ReadTokenBalance(EvmEndpoint endpoint, JsonRpcReply reply)
    {
        if (reply.Error is { } error && EvmErrors.IsRevert(error))
        {
            return null;
        }

        ReadOnlySpan<byte> json = reply.Require();
        if (json.SequenceEqual("\"0x\""u8))
        {
            return null;
        }

        // A contract may return more than the one value; what follows it is not looked at.
        const int WordDigits = 2 + (2 * 32);
        Span<byte> word = stackalloc byte[32];
        if (json.Length < WordDigits + 2 || !HexText.TryReadData(json[1..(1 + WordDigits)], word))
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "balanceOf does not answer an amount");
        }

        return UInt256.FromBigEndian(word).ToBigInteger();
    }

    private static string Pinned(in Hash256 hash) => $"{{\"blockHash\":\"0x{hash}\",\"requireCanonical\":true}}";
}
