using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>
/// Reads the unspent outputs of addresses at a point. The server acquires the ledger's state there, which it can for the last k blocks. It goes through all outputs there are for that, so a question takes long: it has a connection
/// of its own, and should come rarely.
/// </summary>
internal sealed class CardanoStateReader : IChainStateReader
{
    private const int Attempts = 3;
    private readonly EndpointPool<OgmiosEndpoint> _pool;
    private readonly WatchPlan _plan;

    public CardanoStateReader(EndpointPool<OgmiosEndpoint> pool, WatchPlan plan)
    {
        _pool = pool;
        _plan = plan;
    }

    public int MaxAddresses => 100;

    public ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfZero(addresses.Count, nameof(addresses));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addresses.Count, MaxAddresses, nameof(addresses));
        return _pool.RunAsync(async (endpoint, cancellation) => Answer<ChainState>.Found(await ReadAsync(endpoint, addresses, at, cancellation)), cancellationToken);
    }

    private async ValueTask<ChainState> ReadAsync(OgmiosEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        using OgmiosConnection connection = await endpoint.OpenAsync(cancellationToken);
        ChainPoint? tip = await ChainSyncLine.ReadTipAsync(endpoint, connection, cancellationToken);
        if (tip is null || at?.Slot > tip.Value.Slot)
        {
            throw new EndpointException(
                EndpointErrorKind.NotYet,
                string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' has synchronised up to slot {tip?.Slot ?? 0}"));
        }

        ChainPoint point = at ?? tip.Value;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using (await endpoint.AskAsync(connection, "acquireLedgerState", $"{{\"point\":{CardanoPoint.Of(point).ToJson()}}}", cancellationToken))
                {
                }

                string texts = string.Join(',', addresses.Select(address => $"\"{_plan.Format.FormatAddress(address)}\""));
                using OgmiosMessage answer = await endpoint.AskAsync(connection, "queryLedgerState/utxo", $"{{\"addresses\":[{texts}]}}", cancellationToken);
                ChainState state = endpoint.Read(answer, result => Read(result, endpoint.Name, addresses, point));
                using (await endpoint.AskAsync(connection, "releaseLedgerState", parameters: null, cancellationToken))
                {
                }

                return state;
            }
            catch (EndpointException exception) when (exception.Error.Code == OgmiosErrors.AcquiredExpired && attempt < Attempts)
            {
                // The node let go of the state while it answered: all of it is asked for again.
            }
        }
    }

    private ChainState Read(JsonElement result, string endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint point)
    {
        Dictionary<AddressKey, List<UnspentOutput>> unspent = [];
        foreach (AddressKey address in addresses)
        {
            unspent[address] = [];
        }

        Span<byte> form = stackalloc byte[AddressForm.Length];
        foreach (JsonElement output in result.EnumerateArray())
        {
            if (!_plan.Format.TryReadAnswered(Encoding.UTF8.GetBytes(output.GetProperty("address").GetString()!), form) || !unspent.TryGetValue(new AddressKey(form), out List<UnspentOutput>? of))
            {
                throw new CardanoFormatException("the answer holds an output of an address that was not asked for");
            }

            Hash256 id = Hash256.Parse(output.GetProperty("transaction").GetProperty("id").GetString());
            int index = output.GetProperty("index").GetInt32();
            foreach ((long ordinal, Asset asset, BigInteger amount) in OutputValue.Read(Encoding.UTF8.GetBytes(output.GetProperty("value").GetRawText()), _plan, index))
            {
                of.Add(new UnspentOutput { TransactionId = id, Ordinal = ordinal, Asset = asset, Amount = amount });
            }
        }

        return new ChainState
        {
            Point = point,
            Endpoint = endpoint,
            Addresses =
            [
                .. addresses.Select(address => new AddressState
                {
                    Key = address,
                    Balances = [.. _plan.Assets.Select(asset => new AssetBalance(asset, unspent[address].Where(output => output.Asset == asset).Aggregate(BigInteger.Zero, static (sum, output) => sum + output.Amount)))],
                    Unspent = unspent[address],
                }),
            ],
        };
    }
}
