namespace ChainWatch.Evm;

/// <summary>
/// Asks token contracts for their decimals and symbols, many in one request. What a contract said is given out again for a day; one that said nothing, or refused, is asked anew each time. There is never
/// more in memory than one answer for each configured token.
/// </summary>
internal sealed class TokenReader(EndpointPool<EvmEndpoint> pool, IReadOnlyList<(EvmAddress Contract, Asset Asset)> tokens, TimeProvider time)
{
    /// <summary>How many contracts are asked in one request: two calls each, as many as any endpoint takes in a batch.</summary>
    internal const int TokensAtOnce = 50;

    /// <summary><c>decimals()</c> and <c>symbol()</c> of EIP-20.</summary>
    private const string Decimals = "0x313ce567";
    private const string Symbol = "0x95d89b41";

    private static readonly TimeSpan Expiry = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<EvmAddress, (TokenMetadata Token, long At)> _kept = [];

    public async ValueTask<Answer<IReadOnlyList<TokenMetadata>>> ReadAsync(CancellationToken cancellationToken)
    {
        (EvmAddress Contract, Asset Asset)[] open = [.. tokens.Where(token => Find(token.Contract) is null)];
        Dictionary<EvmAddress, TokenMetadata> read = [];
        for (int from = 0; from < open.Length; from += TokensAtOnce)
        {
            ArraySegment<(EvmAddress Contract, Asset Asset)> part = new(open, from, Math.Min(TokensAtOnce, open.Length - from));
            Answer<IReadOnlyList<TokenMetadata>> answer = await pool.RunAsync(
                async (endpoint, cancellation) => Answer<IReadOnlyList<TokenMetadata>>.Found(await ReadAsync(endpoint, part, cancellation)), cancellationToken);
            if (!answer.IsFound)
            {
                return answer;
            }

            for (int index = 0; index < part.Count; index++)
            {
                read.Add(part[index].Contract, answer.Value[index]);
                Keep(part[index].Contract, answer.Value[index]);
            }
        }

        return Answer<IReadOnlyList<TokenMetadata>>.Found([.. tokens.Select(token => read.GetValueOrDefault(token.Contract) ?? Find(token.Contract) ?? new TokenMetadata { Asset = token.Asset })]);
    }

    private static async ValueTask<IReadOnlyList<TokenMetadata>> ReadAsync(EvmEndpoint endpoint, IReadOnlyList<(EvmAddress Contract, Asset Asset)> tokens, CancellationToken cancellationToken)
    {
        // What is final does not change any more by a reorg; a node that tells no such block is asked for its newest.
        string block = endpoint.Marks.Finalized is null ? "latest" : "finalized";
        List<JsonRpcCall> calls = [];
        foreach ((EvmAddress contract, _) in tokens)
        {
            calls.Add(Call(contract, Decimals, block));
            calls.Add(Call(contract, Symbol, block));
        }

        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
        List<TokenMetadata> read = [];
        for (int index = 0; index < tokens.Count; index++)
        {
            read.Add(new TokenMetadata
            {
                Asset = tokens[index].Asset,
                Decimals = TokenAnswer.ReadDecimals(Returned(replies[2 * index])),
                Symbol = TokenAnswer.ReadSymbol(Returned(replies[(2 * index) + 1])),
            });
        }

        return read;
    }

    /// <summary>What a contract returned; nothing where there is none, or it refused.</summary>
    private static ReadOnlySpan<byte> Returned(JsonRpcReply reply) => reply.Error is { } error && EvmErrors.IsRevert(error) ? default : reply.Require();

    private static JsonRpcCall Call(EvmAddress contract, string selector, string block) => new("eth_call", $"[{{\"to\":\"{contract}\",\"data\":\"{selector}\"}},\"{block}\"]");

    private TokenMetadata? Find(EvmAddress contract)
    {
        lock (_lock)
        {
            return _kept.TryGetValue(contract, out (TokenMetadata Token, long At) kept) && time.GetElapsedTime(kept.At) < Expiry ? kept.Token : null;
        }
    }

    private void Keep(EvmAddress contract, TokenMetadata token)
    {
        if (token.Decimals is null)
        {
            return;
        }

        lock (_lock)
        {
            _kept[contract] = (token, time.GetTimestamp());
        }
    }
}
