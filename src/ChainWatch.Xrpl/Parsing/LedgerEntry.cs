using System.Buffers.Binary;

namespace ChainWatch.Xrpl;

/// <summary>One entry of a ledger's state, as far as it says what somebody holds or must hold.</summary>
internal ref struct LedgerEntry
{
    public uint Type;
    public ReadOnlySpan<byte> Account;
    public ReadOnlySpan<byte> Balance;
    public ReadOnlySpan<byte> LowLimit;
    public ReadOnlySpan<byte> HighLimit;
    public ReadOnlySpan<byte> Issuance;
    public ulong TokenAmount;
    public uint OwnerCount;

    /// <summary>What an account must hold at least, in drops; -1 where the entry does not say it.</summary>
    public long ReserveBase;

    /// <summary>What it must hold for each thing that it owns, in drops; -1 where the entry does not say it.</summary>
    public long ReserveIncrement;

    /// <summary>Reads the binary form of an entry.</summary>
    public static LedgerEntry Read(ReadOnlySpan<byte> binary)
    {
        LedgerEntry entry = new() { ReserveBase = -1, ReserveIncrement = -1 };
        FieldReader reader = new(binary);
        while (reader.Read())
        {
            if (reader.Depth == 0 && reader.Kind == FieldKind.Value)
            {
                entry.Take(reader);
            }
        }

        return entry;
    }

    private void Take(in FieldReader reader)
    {
        switch (reader.Field)
        {
            case Field.LedgerEntryType:
                Type = reader.Number;
                break;
            case Field.Account:
                Account = reader.Value;
                break;
            case Field.Balance:
                Balance = reader.Value;
                break;
            case Field.LowLimit:
                LowLimit = reader.Value;
                break;
            case Field.HighLimit:
                HighLimit = reader.Value;
                break;
            case Field.TokenIssuance:
                Issuance = reader.Value;
                break;
            case Field.TokenAmount:
                TokenAmount = BinaryPrimitives.ReadUInt64BigEndian(reader.Value);
                break;
            case Field.OwnerCount:
                OwnerCount = reader.Number;
                break;
            case Field.ReserveBase:
                ReserveBase = reader.Number;
                break;
            case Field.ReserveIncrement:
                ReserveIncrement = reader.Number;
                break;
            case Field.ReserveBaseDrops:
                ReserveBase = ReadDrops(reader.Value);
                break;
            case Field.ReserveIncrementDrops:
                ReserveIncrement = ReadDrops(reader.Value);
                break;
        }
    }

    /// <summary>Reads XRP; another kind of amount has no place there.</summary>
    public static long ReadDrops(ReadOnlySpan<byte> amount) =>
        amount.Length == AmountReader.XrpLength ? AmountReader.ReadDrops(amount) : throw new LedgerFormatException("an amount of XRP is expected, and another kind stands there");
}
