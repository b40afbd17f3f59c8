namespace ChainWatch.Xrpl;

/// <summary>The fields that matter here, as type × 256 + number, from the protocol's definitions. Types and numbers never change once an amendment brought them.</summary>
internal static class Field
{
    public const int LedgerEntryType = (FieldType.UInt16 << 8) | 1;
    public const int TransactionType = (FieldType.UInt16 << 8) | 2;
    public const int DestinationTag = (FieldType.UInt32 << 8) | 14;
    public const int OwnerCount = (FieldType.UInt32 << 8) | 13;
    public const int TransactionIndex = (FieldType.UInt32 << 8) | 28;
    public const int ReserveBase = (FieldType.UInt32 << 8) | 31;
    public const int ReserveIncrement = (FieldType.UInt32 << 8) | 32;
    public const int TokenAmount = (FieldType.UInt64 << 8) | 26;
    public const int Amount = (FieldType.Amount << 8) | 1;
    public const int Balance = (FieldType.Amount << 8) | 2;
    public const int LowLimit = (FieldType.Amount << 8) | 6;
    public const int HighLimit = (FieldType.Amount << 8) | 7;
    public const int Fee = (FieldType.Amount << 8) | 8;
    public const int DeliveredAmount = (FieldType.Amount << 8) | 18;
    public const int ReserveBaseDrops = (FieldType.Amount << 8) | 23;
    public const int ReserveIncrementDrops = (FieldType.Amount << 8) | 24;
    public const int Account = (FieldType.Account << 8) | 1;
    public const int Destination = (FieldType.Account << 8) | 3;
    public const int Delegate = (FieldType.Account << 8) | 12;
    public const int CreatedNode = (FieldType.Object << 8) | 3;
    public const int DeletedNode = (FieldType.Object << 8) | 4;
    public const int ModifiedNode = (FieldType.Object << 8) | 5;
    public const int PreviousFields = (FieldType.Object << 8) | 6;
    public const int FinalFields = (FieldType.Object << 8) | 7;
    public const int NewFields = (FieldType.Object << 8) | 8;
    public const int AffectedNodes = (FieldType.Array << 8) | 8;
    public const int TransactionResult = (FieldType.UInt8 << 8) | 3;
    public const int TokenIssuance = (FieldType.Hash192 << 8) | 1;
}
