using System.Numerics;
using System.Text;

namespace ChainWatch.Blockbook;

/// <summary>A block that was read page by page, kept as the bytes that came, with the places of its movements. Matching makes nothing of what is not watched.</summary>
internal sealed class PagedBlock : Block
{
    /// <summary>Where the ordinals of what moves inside calls begin: above every log that a transaction can hold.</summary>
    public const long FirstInternal = 1_000_000;

    private readonly BlockContent _content;
    private readonly WatchPlan _plan;
    private readonly HeldPayments _held;

    /// <param name="content">The block's pages, complete; the block owns them.</param>
    /// <param name="endpoint">The endpoint that served it.</param>
    /// <param name="plan">What is watched.</param>
    /// <param name="held">Where payments go that cannot be recorded.</param>
    public PagedBlock(BlockContent content, string endpoint, WatchPlan plan, HeldPayments held)
    {
        _content = content;
        _plan = plan;
        _held = held;
        Endpoint = endpoint;
        PageHead head = content.Head;
        Header = new BlockHeader
        {
            Point = new ChainPoint(head.Height, head.Hash),
            ParentHash = head.Parent,
            Timestamp = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(head.Time, 0, uint.MaxValue)),
        };
    }

    public override BlockHeader Header { get; }

    public override string Endpoint { get; }

    public override int Size => 512 + _content.Size;

    public override bool Match(AddressSet addresses, ITransferSink sink)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(sink);
        if (addresses.Count == 0)
        {
            return true;
        }

        Span<byte> key = stackalloc byte[_plan.Address.KeyLength];
        for (int index = 0; index < _content.Transactions.Length; index++)
        {
            ref readonly BlockTransaction transaction = ref _content.Transactions[index];
            if (transaction.Status == TransactionStatus.Failed)
            {
                continue;
            }

            foreach (ref readonly Movement movement in _content.MovementsOf(transaction))
            {
                if (IsWatchedKind(movement.Kind) && _plan.Address.TryRead(_content.TextOf(transaction, movement.To), key) && addresses.Contains(key))
                {
                    Report(transaction, movement, new AddressKey(key), sink);
                }
            }
        }

        return true;
    }

    /// <summary>Pages name the outputs that are spent only where the instance has an extended index; elsewhere none is found.</summary>
    public override void FindSpends(OutputSet outputs, ICollection<OutputSpent> spends)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(spends);
        for (int index = 0; outputs.Count > 0 && index < _content.Transactions.Length; index++)
        {
            ref readonly BlockTransaction transaction = ref _content.Transactions[index];
            SpentOutputs inputs = new(_content.TextOf(transaction, transaction.Inputs));
            while (inputs.Next(out OutputId output))
            {
                if (outputs.Contains(output))
                {
                    spends.Add(new OutputSpent(output, transaction.Id, Header.Point));
                }
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        _content.Dispose();
        base.Dispose(disposing);
    }

    private bool IsWatchedKind(MovementKind kind) => kind switch
    {
        MovementKind.Output => _plan.Native is not null,
        MovementKind.Internal => _plan is { Native: not null, Internals: true },
        _ => true,
    };

    private void Report(in BlockTransaction transaction, in Movement movement, in AddressKey to, ITransferSink sink)
    {
        Asset? asset = movement.Kind == MovementKind.Token ? _plan.Find(_content.TextOf(transaction, movement.Contract)) : _plan.Native;
        ReadOnlySpan<byte> address = _content.TextOf(transaction, movement.To);
        BigInteger amount = Numbers.ReadAmount(_content.TextOf(transaction, movement.Amount));
        if (asset is null || amount.IsZero || IsToOneself(transaction, movement, to) || !_plan.Address.IsWhole(address, to))
        {
            return;
        }

        if (transaction.Status == TransactionStatus.Unknown)
        {
            _held.Hold(transaction.Id, Encoding.ASCII.GetString(address), "the server does not say whether it succeeded");
            return;
        }

        if (movement.Kind == MovementKind.Internal && transaction.Status == TransactionStatus.PartlyFailed)
        {
            _held.Hold(transaction.Id, Encoding.ASCII.GetString(address), "inside a transaction of which a call failed, and Blockbook does not say which transfers that undid");
            return;
        }

        sink.Add(new Transfer
        {
            TransactionId = transaction.Id,
            Ordinal = OrdinalOf(transaction, movement),
            To = to,
            From = movement.From.Length == 0 || _plan.Coin.Type == CoinType.Bitcoin ? null : Encoding.ASCII.GetString(_content.TextOf(transaction, movement.From)).ToLowerInvariant(),
            Asset = asset,
            Amount = amount,

            // The first transaction of a block makes its reward.
            MaturityBlocks = _plan.Coin.Type == CoinType.Bitcoin && transaction.Id == _content.Transactions[0].Id ? _plan.Coin.RewardMaturity : 0,
        });
    }

    /// <summary>
    /// Whether an account sent this to itself: its balance stays, so it is no payment. Left out here and not where the page is read, because the others' places count it. An output to whoever spent
    /// the inputs is one as any other: it can be spent.
    /// </summary>
    private bool IsToOneself(in BlockTransaction transaction, in Movement movement, in AddressKey to)
    {
        Span<byte> from = stackalloc byte[_plan.Address.KeyLength];
        return _plan.Coin.Type == CoinType.Ethereum && _plan.Address.TryRead(_content.TextOf(transaction, movement.From), from) && from.SequenceEqual(to.Bytes);
    }

    private long OrdinalOf(in BlockTransaction transaction, in Movement movement) => movement.Kind switch
    {
        MovementKind.Output => movement.Number,
        MovementKind.Internal => FirstInternal + movement.Number,
        _ => 1 + RankOf(transaction, movement),
    };

    /// <summary>
    /// A token transfer's place among those of its transaction, ordered by what they say. Blockbook sorts them by a sort that may order equal ones anew with each of its versions, so the
    /// place in its list is no identity; two that say just the same can change places, and nobody could tell.
    /// </summary>
    private int RankOf(in BlockTransaction transaction, in Movement movement)
    {
        int rank = 0;
        foreach (ref readonly Movement other in _content.MovementsOf(transaction))
        {
            if (other.Kind == MovementKind.Token)
            {
                int order = Compare(transaction, other, movement);
                rank += order < 0 || (order == 0 && other.Number < movement.Number) ? 1 : 0;
            }
        }

        return rank;
    }

    private int Compare(in BlockTransaction transaction, in Movement left, in Movement right)
    {
        int order = CompareText(transaction, left.Contract, right.Contract);
        order = order != 0 ? order : CompareText(transaction, left.To, right.To);
        order = order != 0 ? order : CompareText(transaction, left.From, right.From);
        order = order != 0 ? order : left.Amount.Length.CompareTo(right.Amount.Length);
        return order != 0 ? order : CompareText(transaction, left.Amount, right.Amount);
    }

    /// <summary>Letters of either case are the same: instances differ in how they write addresses.</summary>
    private int CompareText(in BlockTransaction transaction, TextSpan left, TextSpan right)
    {
        ReadOnlySpan<byte> first = _content.TextOf(transaction, left);
        ReadOnlySpan<byte> second = _content.TextOf(transaction, right);
        for (int i = 0; i < first.Length && i < second.Length; i++)
        {
            int order = (first[i] | 0x20).CompareTo(second[i] | 0x20);
            if (order != 0)
            {
                return order;
            }
        }

        return first.Length.CompareTo(second.Length);
    }
}
