namespace ChainWatch.Xrpl;

/// <summary>The serialized types of the XRP Ledger's binary format.</summary>
internal static class FieldType
{
    public const int UInt16 = 1;
    public const int UInt32 = 2;
    public const int UInt64 = 3;
    public const int Hash128 = 4;
    public const int Hash256 = 5;
    public const int Amount = 6;
    public const int Blob = 7;
    public const int Account = 8;
    public const int Number = 9;
    public const int Int32 = 10;
    public const int Int64 = 11;
    public const int Object = 14;
    public const int Array = 15;
    public const int UInt8 = 16;
    public const int Hash160 = 17;
    public const int PathSet = 18;
    public const int Vector256 = 19;
    public const int UInt96 = 20;
    public const int Hash192 = 21;
    public const int UInt384 = 22;
    public const int UInt512 = 23;
    public const int Issue = 24;
    public const int CrossChainBridge = 25;
    public const int Currency = 26;
}
