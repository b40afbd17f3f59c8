using System.Globalization;
using System.Text;

namespace ChainWatch.Evm;

/// <summary>
/// What to ask <c>eth_getLogs</c> for: transfers of the watched contracts, and, where few addresses are watched, only to those. With many it is cheaper to take all and
/// match here.
/// </summary>
internal sealed class LogFilter
{
    /// <summary>The most addresses that are put into a filter: nodes take up to 1,000, and providers charge and time out by them.</summary>
    public const int MostAddresses = 200;

    private readonly string _rest;

    private LogFilter(string rest, IReadOnlyList<EvmAddress> contracts, AddressSet? onlyFor)
    {
        _rest = rest;
        Contracts = contracts;
        OnlyFor = onlyFor;
        ContractBits = [.. contracts.Select(static contract => BloomBits.Of(contract.Bytes))];
        AddressBits = onlyFor is null ? [] : [.. onlyFor.Keys.Select(static key => BloomBits.Of(Topic(key)))];
    }

    public IReadOnlyList<EvmAddress> Contracts { get; }

    /// <summary>The addresses whose logs alone are asked for; <see langword="null"/> where all are.</summary>
    public AddressSet? OnlyFor { get; }

    private BloomBits[] ContractBits { get; }

    private BloomBits[] AddressBits { get; }

    private static BloomBits TransferBits { get; } = BloomBits.Of(TransferLog.Topic);

    public static LogFilter Create(WatchPlan plan, AddressSet watched, bool byAddress)
    {
        EvmAddress[] contracts = plan.Native ? [.. plan.TokenContracts, NativeLogs.Emitter] : [.. plan.TokenContracts];
        AddressSet? onlyFor = byAddress && watched.Count <= MostAddresses ? watched : null;
        StringBuilder rest = new();
        rest.Append(@"""address"":[").AppendJoin(',', contracts.Select(static contract => $@"""{contract}""")).Append("],");
        rest.Append(CultureInfo.InvariantCulture, $@"""topics"":[""0x{Convert.ToHexStringLower(TransferLog.Topic)}""");
        if (onlyFor is not null)
        {
            rest.Append(",null,[").AppendJoin(',', onlyFor.Keys.Select(static key => $@"""0x{Convert.ToHexStringLower(Topic(key))}""")).Append(']');
        }

        rest.Append("]}]");
        return new LogFilter(rest.ToString(), contracts, onlyFor);
    }

    public JsonRpcCall ForRange(long from, long to) =>
        new("eth_getLogs", $@"[{{""fromBlock"":""{HexText.Quantity(from)}"",""toBlock"":""{HexText.Quantity(to)}"",{_rest}");

    public JsonRpcCall ForBlock(in Hash256 hash) => new("eth_getLogs", $@"[{{""blockHash"":""0x{hash}"",{_rest}");

    /// <summary>Whether a block may hold logs that this filter asks for. False is certain.</summary>
    public bool MayMatch(in Bloom bloom) => bloom.MayContain(TransferBits) && AnyIn(bloom, ContractBits) && (OnlyFor is null || AnyIn(bloom, AddressBits));

    /// <summary>
    /// How likely <see cref="MayMatch"/> is to be true of a block without such logs. The blooms of busy chains are so full that they say "maybe" to everything; reading
    /// the receipts of each of their blocks would then prove little and cost much.
    /// </summary>
    public double FalseAlarm(in Bloom bloom)
    {
        double one = Math.Pow(bloom.Fill, 3);
        int choices = OnlyFor is null ? ContractBits.Length : AddressBits.Length;
        return 1 - Math.Pow(1 - one, choices);
    }

    /// <summary>Whether a block may hold transfer logs of the native coin (EIP-7708).</summary>
    public static bool MayHoldNativeLogs(in Bloom bloom) => bloom.MayContain(TransferBits) && bloom.MayContain(EmitterBits);

    private static BloomBits EmitterBits { get; } = BloomBits.Of(NativeLogs.Emitter.Bytes);

    private static bool AnyIn(in Bloom bloom, BloomBits[] any)
    {
        foreach (BloomBits bits in any)
        {
            if (bloom.MayContain(bits))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] Topic(AddressKey key)
    {
        byte[] topic = new byte[Hash256.Length];
        key.Bytes.CopyTo(topic.AsSpan(Hash256.Length - EvmAddress.Length));
        return topic;
    }
}
