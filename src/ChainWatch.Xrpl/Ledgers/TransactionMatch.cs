using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace ChainWatch.Xrpl;

/// <summary>
/// Finds what one transaction brought to watched addresses. A payment brings what was delivered, which its metadata says where that differs from what the sender named; everything
/// else (trades, checks, escrows, channels, pools, sold tokens…) brings what the balances of the affected ledger entries gained.
/// </summary>
/// <remarks>Only <c>tesSUCCESS</c> moves value; a <c>tec</c> result stands in a ledger too, but only takes the fee.</remarks>
internal ref struct TransactionMatch
{
    /// <summary>The first ledger whose metadata names what a partial payment delivered, and a time after which all do: before that, what was delivered is not known.</summary>
    private const long FirstLedgerWithDelivered = 4_594_095;
    private const uint DeliveredKnownSince = 446_000_000;

    private const long DeliveredOrdinal = 0;

    /// <summary>The largest amount that a store keeps: 78 digits.</summary>
    private static readonly BigInteger MostAmount = BigInteger.Pow(10, 78) - 1;

    private readonly WatchPlan _plan;
    private readonly HeldPayments _held;
    private readonly AddressSet _addresses;
    private readonly ITransferSink _sink;
    private readonly ReadOnlySpan<byte> _transaction;
    private readonly ReadOnlySpan<byte> _metadata;
    private readonly ReadOnlySpan<byte> _id;
    private readonly long _ledger;
    private readonly uint _closeTime;

    private uint _type;
    private ReadOnlySpan<byte> _account;
    private ReadOnlySpan<byte> _payer;
    private ReadOnlySpan<byte> _amount;
    private ReadOnlySpan<byte> _fee;

    // To whom the transaction, or the ledger entry that it settles, means its value to go, and from whom.
    private ReadOnlySpan<byte> _destination;
    private uint? _tag;
    private ReadOnlySpan<byte> _from;

    private ReadOnlySpan<byte> _delivered;
    private bool _succeeded;
    private bool _touchesWatched;

    public TransactionMatch(
        WatchPlan plan,
        HeldPayments held,
        AddressSet addresses,
        ITransferSink sink,
        in LedgerHeaderData ledger,
        ReadOnlySpan<byte> transaction,
        ReadOnlySpan<byte> metadata,
        ReadOnlySpan<byte> id)
    {
        _plan = plan;
        _held = held;
        _addresses = addresses;
        _sink = sink;
        _ledger = ledger.Index;
        _closeTime = ledger.CloseTime;
        _transaction = transaction;
        _metadata = metadata;
        _id = id;
    }

    public void Run()
    {
        ReadOutcome();
        if (!_succeeded)
        {
            return;
        }

        ReadTransaction();
        if (_type is TransactionType.CheckCash or TransactionType.EscrowFinish or TransactionType.PaymentChannelClaim)
        {
            ReadSettled();
        }

        if (!_touchesWatched && (_destination.IsEmpty || !TryFind(_destination, _tag, out _)))
        {
            // As nearly all transactions: nobody is watched whom it names or whose entries it changes.
            return;
        }

        MatchDelivered();
        EntryReader entries = new(_metadata);
        EntryChange entry = default;
        while (entries.Read(ref entry))
        {
            switch (entry.Type)
            {
                case EntryType.AccountRoot when _plan.Native is not null:
                    MatchAccount(entry);
                    break;
                case EntryType.RippleState when _plan.HasTokens:
                    MatchTrustLine(entry);
                    break;
                case EntryType.Token when _plan.HasTokens:
                    MatchToken(entry);
                    break;
            }
        }
    }

    /// <summary>True where the delivered amount is of the destination's own currency: then it came through whichever trust lines the destination has, and those say of whom.</summary>
    private readonly bool IsByDestination => _delivered.Length == AmountReader.IssuedLength && _delivered[28..].SequenceEqual(_destination);

    private void ReadOutcome()
    {
        FieldReader reader = new(_metadata);
        while (reader.Read())
        {
            if (reader.Kind != FieldKind.Value)
            {
                continue;
            }

            if (reader.Depth > 0)
            {
                _touchesWatched = _touchesWatched || IsWatched(reader);
            }
            else if (reader.Field == Field.TransactionResult)
            {
                _succeeded = reader.Number == 0;
            }
            else if (reader.Field == Field.DeliveredAmount)
            {
                _delivered = reader.Value;
            }
        }
    }

    /// <summary>Whether a field of an entry names a watched account: its owner, or one side of a trust line.</summary>
    private readonly bool IsWatched(in FieldReader reader)
    {
        ReadOnlySpan<byte> account = reader.Field switch
        {
            Field.Account => reader.Value,
            Field.LowLimit or Field.HighLimit when reader.Value.Length == AmountReader.IssuedLength => reader.Value[28..],
            _ => default,
        };
        return !account.IsEmpty && TryFind(account, tag: null, out _);
    }

    private void ReadTransaction()
    {
        FieldReader reader = new(_transaction);
        _type = uint.MaxValue;
        while (reader.Read())
        {
            if (reader.Depth > 0 || reader.Kind != FieldKind.Value)
            {
                continue;
            }

            switch (reader.Field)
            {
                case Field.TransactionType:
                    _type = reader.Number;
                    break;
                case Field.DestinationTag:
                    _tag = reader.Number;
                    break;
                case Field.Amount:
                    _amount = reader.Value;
                    break;
                case Field.Fee:
                    _fee = reader.Value;
                    break;
                case Field.Account:
                    _account = reader.Value;
                    break;
                case Field.Destination:
                    _destination = reader.Value;
                    break;
                case Field.Delegate:
                    _payer = reader.Value;
                    break;
            }
        }

        if (_type == uint.MaxValue)
        {
            throw new LedgerFormatException("a transaction does not say its type");
        }

        _payer = _payer.IsEmpty ? _account : _payer;
        _from = _destination.IsEmpty ? default : _account;
    }

    /// <summary>A check, escrow or channel says itself for whom it is, with which tag, and from whom: the transaction that settles it may be sent by anyone.</summary>
    private void ReadSettled()
    {
        uint settled = _type switch
        {
            TransactionType.CheckCash => EntryType.Check,
            TransactionType.EscrowFinish => EntryType.Escrow,
            _ => (uint)EntryType.PayChannel,
        };
        EntryReader entries = new(_metadata);
        EntryChange entry = default;
        while (entries.Read(ref entry))
        {
            if (entry.Type == settled && !entry.Destination.IsEmpty)
            {
                _destination = entry.Destination;
                _tag = entry.DestinationTag;
                _from = entry.Account;
                return;
            }
        }
    }

    private void MatchDelivered()
    {
        if (_type is not (TransactionType.Payment or TransactionType.CheckCash) || _destination.IsEmpty)
        {
            _delivered = default;
            return;
        }

        bool known = !_delivered.IsEmpty || _ledger >= FirstLedgerWithDelivered || _closeTime > DeliveredKnownSince;
        _delivered = _delivered.IsEmpty ? _amount : _delivered;
        if (_delivered.IsEmpty || IsByDestination || AssetOf(_delivered) is not { } asset || !TryFind(_destination, _tag, out AddressKey to))
        {
            return;
        }

        if (!known)
        {
            Hold(DeliveredOrdinal, to, "it is from before 2014-01-20, when ledgers did not yet say what a payment delivered");
            return;
        }

        BigInteger? amount = _delivered.Length switch
        {
            AmountReader.XrpLength => AmountReader.ReadDrops(_delivered),
            AmountReader.TokenLength => AmountReader.ReadToken(_delivered),
            _ => IssuedAmount.Read(_delivered).Minus(default, asset.Decimals),
        };
        Add(DeliveredOrdinal, to, asset, amount, toDestination: true);
    }

    private readonly void MatchAccount(in EntryChange entry)
    {
        if (entry.Account.IsEmpty || entry.After.Length != AmountReader.XrpLength || (entry.Before.IsEmpty && entry.Change != Field.CreatedNode) || IsDelivered(entry.Account, default))
        {
            return;
        }

        long gained = AmountReader.ReadDrops(entry.After) - (entry.Before.IsEmpty ? 0 : AmountReader.ReadDrops(entry.Before));
        if (!_fee.IsEmpty && entry.Account.SequenceEqual(_payer))
        {
            // What the account paid for the transaction is no loss of what came in by it.
            gained += AmountReader.ReadDrops(_fee);
        }

        if (gained > 0)
        {
            AddGain(entry.Position, entry.Account, _plan.Native!, (ulong)gained);
        }
    }

    /// <summary>A trust line holds one number for two accounts: above zero the low account holds what the high one issued, below zero the other way round.</summary>
    private readonly void MatchTrustLine(in EntryChange entry)
    {
        if (entry.LowLimit.Length != AmountReader.IssuedLength || entry.HighLimit.Length != AmountReader.IssuedLength || (entry.Before.IsEmpty && entry.Change != Field.CreatedNode))
        {
            return;
        }

        IssuedAmount before = ReadBalance(entry.Before);
        IssuedAmount after = ReadBalance(entry.After);
        ReadOnlySpan<byte> low = entry.LowLimit[28..];
        ReadOnlySpan<byte> high = entry.HighLimit[28..];
        MatchSide(entry, low, high, before, after);
        MatchSide(entry, high, low, -before, -after);
    }

    private readonly void MatchSide(in EntryChange entry, ReadOnlySpan<byte> holder, ReadOnlySpan<byte> issuer, IssuedAmount before, IssuedAmount after)
    {
        Span<byte> id = stackalloc byte[2 * CurrencyCode.Length];
        entry.LowLimit.Slice(8, CurrencyCode.Length).CopyTo(id);
        issuer.CopyTo(id[CurrencyCode.Length..]);
        IssuedAmount held = after.Mantissa > 0 ? after : default;
        IssuedAmount heldBefore = before.Mantissa > 0 ? before : default;
        bool toDestination = IsMeantFor(holder, entry.LowLimit.Slice(8, CurrencyCode.Length));
        if (held.IsMoreThan(heldBefore) && !IsDelivered(holder, id) && TryFind(holder, toDestination ? _tag : null, out AddressKey watched) && _plan.Find(id) is { } asset)
        {
            Add(Ordinal(entry.Position), watched, asset, held.Minus(heldBefore, asset.Decimals), toDestination);
        }

        if (!IsByDestination || !toDestination)
        {
            return;
        }

        // Paid in its own currency, an account gets back what it once issued.
        holder.CopyTo(id[CurrencyCode.Length..]);
        IssuedAmount owed = after.Mantissa < 0 ? after : default;
        IssuedAmount owedBefore = before.Mantissa < 0 ? before : default;
        if (owed.IsMoreThan(owedBefore) && _plan.Find(id) is { } own && TryFind(holder, _tag, out AddressKey to))
        {
            Add(Ordinal(entry.Position) + 1, to, own, owed.Minus(owedBefore, own.Decimals), toDestination: true);
        }
    }

    private readonly void MatchToken(in EntryChange entry)
    {
        if (entry.Account.IsEmpty || entry.Issuance.IsEmpty || entry.After.Length != sizeof(ulong) || IsDelivered(entry.Account, entry.Issuance) || _plan.Find(entry.Issuance) is not { } asset)
        {
            return;
        }

        if (entry.Before.IsEmpty && entry.Change != Field.CreatedNode && entry.OtherBefore && _type != TransactionType.EscrowCancel)
        {
            // The number is not among what changed: something else of the entry did.
            return;
        }

        // An entry that held nothing does not have the number, so it does not name it as changed either.
        ulong after = BinaryPrimitives.ReadUInt64BigEndian(entry.After);
        ulong before = entry.Before.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64BigEndian(entry.Before);
        if (after > before)
        {
            AddGain(entry.Position, entry.Account, asset, after - before);
        }
    }

    /// <summary>True for what <see cref="MatchDelivered"/> answers for: the delivered asset at the destination.</summary>
    private readonly bool IsDelivered(ReadOnlySpan<byte> account, ReadOnlySpan<byte> asset)
    {
        if (_delivered.IsEmpty || IsByDestination || !account.SequenceEqual(_destination))
        {
            return false;
        }

        return _delivered.Length switch
        {
            AmountReader.XrpLength => asset.IsEmpty,
            AmountReader.TokenLength => asset.SequenceEqual(AmountReader.Issuance(_delivered)),
            _ => asset.SequenceEqual(AmountReader.CurrencyAndIssuer(_delivered)),
        };
    }

    /// <summary>
    /// True where a gain is what the transaction means to go to its destination. A payment or check means what it delivered, and nothing else: that it had offers of the destination's own taken on its way brings the account something
    /// for what it sold, and nothing from the payer.
    /// </summary>
    private readonly bool IsMeantFor(ReadOnlySpan<byte> account, ReadOnlySpan<byte> currency) =>
        account.SequenceEqual(_destination) && (_delivered.IsEmpty || (IsByDestination && currency.SequenceEqual(_delivered.Slice(8, CurrencyCode.Length))));

    private readonly Asset? AssetOf(ReadOnlySpan<byte> amount) => amount.Length switch
    {
        AmountReader.XrpLength => _plan.Native,
        AmountReader.TokenLength => _plan.Find(AmountReader.Issuance(amount)),
        _ => _plan.Find(AmountReader.CurrencyAndIssuer(amount)),
    };

    private static IssuedAmount ReadBalance(ReadOnlySpan<byte> balance) =>
        balance.IsEmpty ? default
        : balance.Length == AmountReader.IssuedLength ? IssuedAmount.Read(balance)
        : throw new LedgerFormatException("a trust line's balance is no issued amount");

    private static long Ordinal(int position) => 1 + (2L * position);

    private readonly void AddGain(int position, ReadOnlySpan<byte> account, Asset asset, ulong amount)
    {
        bool toDestination = IsMeantFor(account, currency: default);
        if (TryFind(account, toDestination ? _tag : null, out AddressKey to))
        {
            Add(Ordinal(position), to, asset, amount, toDestination);
        }
    }

    private readonly void Add(long ordinal, in AddressKey to, Asset asset, BigInteger? amount, bool toDestination)
    {
        if (amount is { Sign: <= 0 })
        {
            return;
        }

        if (amount is not { } exact)
        {
            Hold(ordinal, to, $"the amount is finer than the base unit of {asset.Symbol}, 10^-{asset.Decimals}");
        }
        else if (exact > MostAmount)
        {
            Hold(ordinal, to, $"the amount is larger than can be recorded in the base unit of {asset.Symbol}, 10^-{asset.Decimals}");
        }
        else if (_plan.RequireTag && toDestination && _tag is null && AccountKey.TagOf(to.Bytes) is null)
        {
            Hold(ordinal, to, "it came without a destination tag, which this chain requires");
        }
        else
        {
            _sink.Add(new Transfer
            {
                TransactionId = Id(),
                Ordinal = ordinal,
                To = to,
                From = toDestination && !_from.IsEmpty ? XrplFormat.FormatAccount(_from) : null,
                Asset = asset,
                Amount = exact,
                Tag = toDestination ? _tag?.ToString(System.Globalization.CultureInfo.InvariantCulture) : null,
            });
        }
    }

    /// <summary>The address that takes a payment to an account: with this very tag where that is watched, else the account as a whole.</summary>
    private readonly bool TryFind(ReadOnlySpan<byte> account, uint? tag, out AddressKey to)
    {
        Span<byte> key = stackalloc byte[AccountKey.Length];
        if (tag is not null)
        {
            AccountKey.Write(key, account, tag);
            if (_addresses.Contains(key))
            {
                to = new AddressKey(key);
                return true;
            }
        }

        AccountKey.Write(key, account, tag: null);
        bool found = _addresses.Contains(key);
        to = found ? new AddressKey(key) : default;
        return found;
    }

    private readonly void Hold(long ordinal, in AddressKey to, string reason) => _held.Hold(Id(), ordinal, XrplFormat.MainNet.FormatAddress(to), reason);

    private readonly Hash256 Id()
    {
        if (!_id.IsEmpty)
        {
            return new Hash256(_id);
        }

        ReadOnlySpan<byte> prefix = "TXN\0"u8;
        byte[] prefixed = ArrayPool<byte>.Shared.Rent(prefix.Length + _transaction.Length);
        prefix.CopyTo(prefixed);
        _transaction.CopyTo(prefixed.AsSpan(prefix.Length));
        Hash256 id = Sha512Half.Of(prefixed.AsSpan(0, prefix.Length + _transaction.Length));
        ArrayPool<byte>.Shared.Return(prefixed);
        return id;
    }
}
