using System.Globalization;
using System.Text;

namespace ChainWatch.Evm;

/// <summary>
/// What to ask <c>eth_getLogs</c> for: transfers of the watched contracts, and, where few addresses are watched, only to those. With many it is cheaper to take all and
/// match here.
/// </summary>
internal sealed class LogFilter
{
    /// <summary>The most addresses that are put into a filter: geth takes up to 1,000 at one place. Endpoints that take fewer say so, and are asked for all from then on.</summary>
    public const int MostAddresses = 1000;

    private readonly string _rest;
    private readonly WatchPlan _plan;
    private readonly AddressSet _watched;
    private readonly bool _byAddress;
    private BloomBits[]? _addressBits;

    private LogFilter(string rest, WatchPlan plan, AddressSet watched, bool byAddress, IReadOnlyList<EvmAddress> contracts)
    {
        _rest = rest;
        _plan = plan;
        _watched = watched;
        _byAddress = byAddress;
        Contracts = contracts;
        OnlyFor = byAddress && watched.Count <= MostAddresses ? watched : null;
        ContractBits = [.. contracts.Select(static contract => BloomBits.Of(contract.Bytes))];
    }

    public IReadOnlyList<EvmAddress> Contracts { get; }

    /// <summary>The addresses whose logs alone are asked for; <see langword="null"/> where all are.</summary>
    public AddressSet? OnlyFor { get; }

    private BloomBits[] ContractBits { get; }

    /// <summary>Made when a block is first looked into for them: where blooms are full, none ever is.</summary>
    private BloomBits[] AddressBits => _addressBits ??= OnlyFor is null ? [] : [.. OnlyFor.Keys.Select(static key => BloomBits.Of(Topic(key)))];

    private static BloomBits TransferBits { get; } = BloomBits.Of(TransferLog.Topic);

    public static LogFilter Create(WatchPlan plan, AddressSet watched, bool byAddress)
    {
        EvmAddress[] contracts = plan.Native ? [.. plan.TokenContracts, NativeLogs.Emitter] : [.. plan.TokenContracts];
        StringBuilder rest = new();
        rest.Append(@"""address"":[").AppendJoin(',', contracts.Select(static contract => $@"""{contract}""")).Append("],");
        rest.Append(CultureInfo.InvariantCulture, $@"""topics"":[""0x{Convert.ToHexStringLower(TransferLog.Topic)}""");
        if (byAddress && watched.Count <= MostAddresses)
        {
            rest.Append(",null,[").AppendJoin(',', watched.Keys.Select(static key => $@"""0x{Convert.ToHexStringLower(Topic(key))}""")).Append(']');
        }

        rest.Append("]}]");
        return new LogFilter(rest.ToString(), plan, watched, byAddress, contracts);
    }

    /// <summary>Whether this is the filter that <see cref="Create"/> would make of the same.</summary>
    public bool IsFor(WatchPlan plan, AddressSet watched, bool byAddress) => ReferenceEquals(_plan, plan) && ReferenceEquals(_watched, watched) && _byAddress == byAddress;

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
        int choices = OnlyFor?.Count ?? ContractBits.Length;
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
