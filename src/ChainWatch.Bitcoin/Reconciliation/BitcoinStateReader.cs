using System.Globalization;
using System.Numerics;
using System.Text;

namespace ChainWatch.Bitcoin;

/// <summary>
/// Reads the unspent outputs of addresses by <c>scantxoutset</c>: the node goes through all unspent outputs of its chain, which takes it minutes on a large one, and answers for the block that it stands
/// at then; no other can be asked for. A node runs one scan at a time.
/// </summary>
internal sealed class BitcoinStateReader : IChainStateReader
{
    // A scan costs the same for one address and for very many.
    private const int MostAddresses = 5_000;
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(5);

    private readonly EndpointPool<BitcoinEndpoint> _pool;
    private readonly Asset _coin;
    private readonly TimeProvider _time;
    private int _scanning;

    /// <param name="pool">The nodes, by clients of their own: they wait as long as a scan takes, and what happens to a scan says nothing about reading blocks.</param>
    /// <param name="coin">The native coin.</param>
    /// <param name="timeProvider">The clock.</param>
    public BitcoinStateReader(EndpointPool<BitcoinEndpoint> pool, Asset coin, TimeProvider timeProvider)
    {
        _pool = pool;
        _coin = coin;
        _time = timeProvider;
    }

    public int MaxAddresses => MostAddresses;

    public async ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfZero(addresses.Count, nameof(addresses));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addresses.Count, MostAddresses, nameof(addresses));
        if (Interlocked.Exchange(ref _scanning, 1) != 0)
        {
            return Answer<ChainState>.Unknown("another scan of unspent outputs is under way; there is one at a time");
        }

        try
        {
            return await _pool.RunAsync((endpoint, cancellation) => ScanAsync(endpoint, addresses, at, cancellation), cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _scanning, 0);
        }
    }

    private async ValueTask<Answer<ChainState>> ScanAsync(BitcoinEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        if (at is { } point)
        {
            // A scan that nobody could use is not worth its minutes.
            using JsonRpcReplies replies = await endpoint.Rpc.CallAsync("getblockchaininfo", "[]", cancellationToken);
            ChainInfo info = AnswerReader.ReadChainInfo(endpoint, replies[0]);
            if (info.Head.Height < point.Height)
            {
                return Answer<ChainState>.NotYet(string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' is at height {info.Head.Height}"));
            }
        }

        using JsonRpcReplies scan = await StartAsync(endpoint, addresses, cancellationToken);
        return Answer<ChainState>.Found(ToState(endpoint, addresses, ScanAnswer.Read(endpoint, scan[0])));
    }

    private async ValueTask<JsonRpcReplies> StartAsync(BitcoinEndpoint endpoint, IReadOnlyList<AddressKey> addresses, CancellationToken cancellationToken)
    {
        try
        {
            return await endpoint.Rpc.CallAsync("scantxoutset", Parameters(addresses), cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or EndpointException { Kind: EndpointErrorKind.Transient })
        {
            // Cancelled, or no answer in time: the node goes on with it otherwise, and takes no other scan meanwhile.
            await AbortAsync(endpoint);
            throw;
        }
    }

    private async Task AbortAsync(BitcoinEndpoint endpoint)
    {
        using CancellationTokenSource timeout = new(AbortTimeout, _time);
        try
        {
            using JsonRpcReplies replies = await endpoint.Rpc.CallAsync("scantxoutset", """["abort"]""", timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or EndpointException)
        {
            // Then the node ends its scan in its own time.
        }
    }

    private static string Parameters(IReadOnlyList<AddressKey> addresses)
    {
        StringBuilder text = new("""["start",[""");
        bool any = false;
        foreach (AddressKey key in addresses)
        {
            int length = OutputScript.LengthOf(key.Bytes);
            if (length > 0)
            {
                text.Append(any ? "," : "").Append("\"raw(").Append(Convert.ToHexStringLower(key.Bytes[..length])).Append(")\"");
                any = true;
            }
        }

        return text.Append("]]").ToString();
    }

    private ChainState ToState(BitcoinEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ScanAnswer answer)
    {
        // An output of nothing is no payment.
        ILookup<AddressKey, ScannedOutput> byAddress = answer.Outputs.Where(static output => output.Amount > 0).ToLookup(static output => output.Key);
        return new ChainState { Point = answer.Point, Endpoint = endpoint.Name, Addresses = [.. addresses.Select(key => ToState(key, byAddress[key]))] };
    }

    private AddressState ToState(AddressKey key, IEnumerable<ScannedOutput> outputs)
    {
        if (OutputScript.LengthOf(key.Bytes) == 0)
        {
            // A coin that is watched by hand: it has no balance that could be asked for.
            return new AddressState { Key = key, Balances = [] };
        }

        UnspentOutput[] unspent =
        [
            .. outputs.Select(output => new UnspentOutput
            {
                TransactionId = output.Output.TransactionId,
                Ordinal = output.Output.Index,
                Asset = _coin,
                Amount = output.Amount,
                Height = output.Height,
            }),
        ];
        BigInteger sum = unspent.Aggregate(BigInteger.Zero, static (sum, output) => sum + output.Amount);
        return new AddressState { Key = key, Balances = [new AssetBalance(_coin, sum)], Unspent = unspent };
    }
}
