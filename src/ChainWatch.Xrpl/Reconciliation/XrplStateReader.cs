using System.Globalization;
using System.Numerics;

namespace ChainWatch.Xrpl;

/// <summary>
/// Reads what accounts hold at one validated ledger, which is asked for by its hash. Each holding is one entry of the ledger's state, so each is one small request (<c>ledger_entry</c>), in binary form:
/// nothing is paged, and amounts are exact.
/// </summary>
/// <remarks>
/// A tag is a matter between an account's owner and the payers: the ledger knows no balance of one. So nothing is read for addresses with a tag; watch the account itself to compare it. Nor is a balance
/// read of a token at its own issuer, who has none, but debts to everybody.
/// </remarks>
internal sealed class XrplStateReader : IChainStateReader
{
    /// <summary>The place of the one entry that holds the network's fees and reserves.</summary>
    private const string FeeSettings = "4BC50C9B0D8515D3EAAE1E74B29A95804346C491EE1A95BF25E4AAB854A6A651";

    private const int MostRequests = 200;
    private const int MostAddresses = 50;

    private readonly EndpointPool<XrplEndpoint> _pool;
    private readonly WatchPlan _plan;

    public XrplStateReader(EndpointPool<XrplEndpoint> pool, WatchPlan plan)
    {
        _pool = pool;
        _plan = plan;
    }

    public int MaxAddresses => Math.Clamp(MostRequests / Math.Max(1, _plan.Tokens.Count + (_plan.Native is null ? 0 : 1)), 1, MostAddresses);

    public ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfZero(addresses.Count, nameof(addresses));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addresses.Count, MaxAddresses, nameof(addresses));
        return _pool.RunAsync(async (endpoint, cancellation) => Answer<ChainState>.Found(await ReadAsync(endpoint, addresses, at, cancellation)), cancellationToken);
    }

    private async ValueTask<ChainState> ReadAsync(XrplEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken)
    {
        ChainPoint point = at ?? await endpoint.ReadTipAsync(cancellationToken);
        try
        {
            return new ChainState { Point = point, Endpoint = endpoint.Name, Addresses = await ReadAddressesAsync(endpoint, addresses, point, cancellationToken) };
        }
        catch (EndpointException exception) when (exception.Kind == EndpointErrorKind.MissingData && exception.Error.Check is null)
        {
            // The server has no such ledger: not yet, or not any more, or it never was one.
            ChainPoint head = await endpoint.ReadTipAsync(cancellationToken);
            if (head.Height < point.Height)
            {
                throw new EndpointException(EndpointErrorKind.NotYet, string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' has validated up to ledger {head.Height}"));
            }

            throw;
        }
    }

    private async Task<IReadOnlyList<AddressState>> ReadAddressesAsync(XrplEndpoint endpoint, IReadOnlyList<AddressKey> addresses, ChainPoint point, CancellationToken cancellationToken)
    {
        (long Base, long Increment) reserve = _plan.Native is null ? (-1, -1) : await ReadReserveAsync(endpoint, point, cancellationToken);
        List<(int Address, Func<Task<AssetBalance?>> Read)> questions = [];
        for (int index = 0; index < addresses.Count; index++)
        {
            if (AccountKey.TagOf(addresses[index].Bytes) is null)
            {
                byte[] account = addresses[index].Bytes[..AccountKey.AccountLength].ToArray();
                if (_plan.Native is { } native)
                {
                    questions.Add((index, () => ReadNativeAsync(endpoint, point, account, native, reserve, cancellationToken)));
                }

                foreach ((AddressKey id, Asset asset) in _plan.Tokens)
                {
                    questions.Add((index, () => id.Length == XrplOptions.IssuanceLength
                        ? ReadTokenAsync(endpoint, point, account, id, asset, cancellationToken)
                        : ReadIssuedAsync(endpoint, point, account, id, asset, cancellationToken)));
                }
            }
        }

        List<AssetBalance>[] balances = [.. addresses.Select(static _ => new List<AssetBalance>())];
        while (questions.Count > 0)
        {
            (int Address, Func<Task<AssetBalance?>> Read)[] now = [.. questions.Take(endpoint.AtOnce)];
            questions.RemoveRange(0, now.Length);
            AssetBalance?[] read = await Task.WhenAll(now.Select(static question => question.Read()));
            for (int index = 0; index < now.Length; index++)
            {
                if (read[index] is { } balance)
                {
                    balances[now[index].Address].Add(balance);
                }
            }
        }

        return [.. addresses.Select((address, index) => new AddressState { Key = address, Balances = balances[index] })];
    }

    private static async Task<(long Base, long Increment)> ReadReserveAsync(XrplEndpoint endpoint, ChainPoint point, CancellationToken cancellationToken)
    {
        using XrplReply reply = await AskAsync(endpoint, point, $"\"index\":\"{FeeSettings}\"", cancellationToken);
        return reply.IsNoEntry ? (-1, -1) : endpoint.Parse(reply, result =>
        {
            LedgerEntry entry = Read(result, point, EntryType.FeeSettings);
            return (entry.ReserveBase, entry.ReserveIncrement);
        });
    }

    private static async Task<AssetBalance?> ReadNativeAsync(XrplEndpoint endpoint, ChainPoint point, byte[] account, Asset asset, (long Base, long Increment) reserve, CancellationToken cancellationToken)
    {
        using XrplReply reply = await AskAsync(endpoint, point, $"\"account_root\":\"{XrplFormat.FormatAccount(account)}\"", cancellationToken);

        // An account that nobody has funded, or that was deleted, holds nothing.
        return reply.IsNoEntry ? new AssetBalance(asset, BigInteger.Zero) : endpoint.Parse(reply, result =>
        {
            LedgerEntry entry = Read(result, point, EntryType.AccountRoot);
            RequireAccount(entry.Account, account);
            return new AssetBalance(asset, LedgerEntry.ReadDrops(entry.Balance))
            {
                Reserved = reserve is { Base: >= 0, Increment: >= 0 } ? reserve.Base + ((BigInteger)entry.OwnerCount * reserve.Increment) : null,
            };
        });
    }

    private static async Task<AssetBalance?> ReadIssuedAsync(XrplEndpoint endpoint, ChainPoint point, byte[] account, AddressKey id, Asset asset, CancellationToken cancellationToken)
    {
        byte[] issuer = id.Bytes[CurrencyCode.Length..].ToArray();
        if (account.AsSpan().SequenceEqual(issuer))
        {
            return null;
        }

        string currency = Convert.ToHexString(id.Bytes[..CurrencyCode.Length]);
        using XrplReply reply = await AskAsync(
            endpoint,
            point,
            $"\"ripple_state\":{{\"accounts\":[\"{XrplFormat.FormatAccount(account)}\",\"{XrplFormat.FormatAccount(issuer)}\"],\"currency\":\"{currency}\"}}",
            cancellationToken);
        return reply.IsNoEntry ? new AssetBalance(asset, BigInteger.Zero) : endpoint.Parse(reply, result =>
        {
            LedgerEntry entry = Read(result, point, EntryType.RippleState);
            if (entry.Balance.Length != AmountReader.IssuedLength || entry.LowLimit.Length != AmountReader.IssuedLength || entry.HighLimit.Length != AmountReader.IssuedLength)
            {
                throw new LedgerFormatException("a trust line has no amounts of an issued currency");
            }

            if (!entry.Balance.Slice(8, CurrencyCode.Length).SequenceEqual(id.Bytes[..CurrencyCode.Length]))
            {
                throw new LedgerFormatException("a trust line of another currency was answered");
            }

            // A line's balance is as the one with the lower number sees it.
            bool low = account.AsSpan().SequenceCompareTo(issuer) < 0;
            RequireAccount(entry.LowLimit[^AccountKey.AccountLength..], low ? account : issuer);
            RequireAccount(entry.HighLimit[^AccountKey.AccountLength..], low ? issuer : account);
            IssuedAmount amount = IssuedAmount.Read(entry.Balance[..sizeof(ulong)]);

            // What is no whole number of units cannot be told exactly, so it is not told.
            return (low ? amount : -amount).Minus(default, asset.Decimals) is { } units ? new AssetBalance(asset, units) : (AssetBalance?)null;
        });
    }

    private static async Task<AssetBalance?> ReadTokenAsync(XrplEndpoint endpoint, ChainPoint point, byte[] account, AddressKey id, Asset asset, CancellationToken cancellationToken)
    {
        // The issuer's account stands in the issuance, behind the number of the transaction that made it.
        if (id.Bytes[^AccountKey.AccountLength..].SequenceEqual(account))
        {
            return null;
        }

        using XrplReply reply = await AskAsync(
            endpoint,
            point,
            $"\"mptoken\":{{\"mpt_issuance_id\":\"{Convert.ToHexString(id.Bytes)}\",\"account\":\"{XrplFormat.FormatAccount(account)}\"}}",
            cancellationToken);
        return reply.IsNoEntry ? new AssetBalance(asset, BigInteger.Zero) : endpoint.Parse(reply, result =>
        {
            LedgerEntry entry = Read(result, point, EntryType.Token);
            RequireAccount(entry.Account, account);
            return entry.Issuance.SequenceEqual(id.Bytes)
                ? new AssetBalance(asset, entry.TokenAmount)
                : throw new LedgerFormatException("the holding of another multi-purpose token was answered");
        });
    }

    private static async ValueTask<XrplReply> AskAsync(XrplEndpoint endpoint, ChainPoint point, string entry, CancellationToken cancellationToken)
    {
        XrplReply reply = await endpoint.AskAsync("ledger_entry", $"\"ledger_hash\":\"{point.Hash}\",\"binary\":true,{entry},", cancellationToken);

        // rippled says for which ledger there is no such entry, Clio does not.
        if (reply.IsNoEntry && !reply.Message.LedgerHash.IsZero && reply.Message.LedgerHash != point.Hash)
        {
            Hash256 other = reply.Message.LedgerHash;
            reply.Dispose();
            throw new EndpointException(new EndpointError
            {
                Kind = EndpointErrorKind.MissingData,
                Check = "ledger",
                Message = $"endpoint '{endpoint.Name}' failed the check ledger: it was asked for an entry of ledger {point} and answered for {other}",
            });
        }

        return reply;
    }

    private static LedgerEntry Read(ReadOnlySpan<byte> result, ChainPoint point, int type)
    {
        LedgerEntry entry = LedgerEntry.Read(EntryAnswer.Read(result, point));
        return entry.Type == type ? entry : throw new LedgerFormatException($"an entry of type {entry.Type} was answered instead of {type}");
    }

    private static void RequireAccount(ReadOnlySpan<byte> account, ReadOnlySpan<byte> asked)
    {
        if (!account.SequenceEqual(asked))
        {
            throw new LedgerFormatException("an entry of another account was answered");
        }
    }
}
