namespace ChainWatch.Xrpl.Tests;

/// <summary>A transaction with its metadata, made field by field.</summary>
internal sealed class FakeTransaction
{
    private readonly List<Action<FieldWriter>> _nodes = [];

    public int Type { get; set; } = TransactionType.Payment;

    public byte[] Account { get; set; } = Someone.Alice;

    public byte[]? Destination { get; set; }

    public uint? Tag { get; set; }

    public byte[]? Amount { get; set; }

    public byte[]? Delivered { get; set; }

    public long Fee { get; set; } = 10;

    public byte[]? Delegate { get; set; }

    public byte Result { get; set; }

    public uint Sequence { get; set; } = 1;

    /// <summary>A payment of XRP, with the balances that it changes.</summary>
    public static FakeTransaction Xrp(byte[] from, byte[] to, long drops, uint? tag = null) => new FakeTransaction
    {
        Account = from,
        Destination = to,
        Tag = tag,
        Amount = FieldWriter.Drops(drops),
    }.Balance(from, 1_000_000_000, 1_000_000_000 - drops - 10).Balance(to, 5, 5 + drops);

    public FakeTransaction Balance(byte[] account, long before, long after) => Entry(
        Field.ModifiedNode,
        EntryType.AccountRoot,
        previous => previous.Amount(Field.Balance, FieldWriter.Drops(before)),
        final => final.Amount(Field.Balance, FieldWriter.Drops(after)).Account(Field.Account, account));

    public FakeTransaction NewAccount(byte[] account, long drops) => Entry(
        Field.CreatedNode,
        EntryType.AccountRoot,
        previous: null,
        final => final.Amount(Field.Balance, FieldWriter.Drops(drops)).Account(Field.Account, account));

    /// <summary>A trust line; the amounts are as the low account sees them.</summary>
    public FakeTransaction Line(byte[] low, byte[] high, (long Mantissa, int Exponent) before, (long Mantissa, int Exponent) after, bool created = false) => Entry(
        created ? Field.CreatedNode : Field.ModifiedNode,
        EntryType.RippleState,
        created ? null : previous => previous.Amount(Field.Balance, FieldWriter.Issued(before.Mantissa, before.Exponent, Someone.Usd, NoOne)),
        final => final
            .Amount(Field.Balance, FieldWriter.Issued(after.Mantissa, after.Exponent, Someone.Usd, NoOne))
            .Amount(Field.LowLimit, FieldWriter.Issued(0, 0, Someone.Usd, low))
            .Amount(Field.HighLimit, FieldWriter.Issued(0, 0, Someone.Usd, high)));

    public FakeTransaction Token(byte[] account, ulong? before, ulong after, bool otherChange = false) => Entry(
        Field.ModifiedNode,
        EntryType.Token,
        previous =>
        {
            if (before is not null)
            {
                previous.U64(Field.TokenAmount, before.Value);
            }

            if (otherChange)
            {
                previous.U32((FieldType.UInt32 << 8) | 2, 1);
            }
        },
        final => final.U64(Field.TokenAmount, after).Account(Field.Account, account).Raw(FieldType.Hash192, 1, Someone.Issuance));

    /// <summary>A deleted entry that says for whom it was: a check, an escrow or a channel.</summary>
    public FakeTransaction Settled(int type, byte[] from, byte[] to, uint? tag) => Entry(
        Field.DeletedNode,
        type,
        previous: null,
        final =>
        {
            if (tag is not null)
            {
                final.U32(Field.DestinationTag, tag.Value);
            }

            final.Account(Field.Account, from).Account(Field.Destination, to);
        });

    public FakeTransaction Entry(int change, int type, Action<FieldWriter>? previous, Action<FieldWriter> final)
    {
        _nodes.Add(writer => writer.Open(change, node =>
        {
            node.U16(Field.LedgerEntryType, type).Raw(FieldType.Hash256, 6, new byte[32]);
            if (previous is not null)
            {
                node.Open(Field.PreviousFields, previous);
            }

            node.Open(change == Field.CreatedNode ? Field.NewFields : Field.FinalFields, final);
        }));
        return this;
    }

    public byte[] ToBlob()
    {
        FieldWriter writer = new();
        writer.U16(Field.TransactionType, Type).U32((FieldType.UInt32 << 8) | 4, Sequence);
        if (Tag is not null)
        {
            writer.U32(Field.DestinationTag, Tag.Value);
        }

        if (Amount is not null)
        {
            writer.Amount(Field.Amount, Amount);
        }

        writer.Amount(Field.Fee, FieldWriter.Drops(Fee)).Account(Field.Account, Account);
        if (Destination is not null)
        {
            writer.Account(Field.Destination, Destination);
        }

        if (Delegate is not null)
        {
            writer.Account(Field.Delegate, Delegate);
        }

        return writer.ToArray();
    }

    public byte[] ToMetadata(uint index)
    {
        FieldWriter writer = new();
        writer.U32(Field.TransactionIndex, index);
        if (Delivered is not null)
        {
            writer.Amount(Field.DeliveredAmount, Delivered);
        }

        writer.Open(Field.AffectedNodes, nodes => _nodes.ForEach(node => node(nodes)));
        return writer.U8(Field.TransactionResult, Result).ToArray();
    }

    private static byte[] NoOne => [.. new byte[19], 1];
}
