namespace ChainWatch.Xrpl;

/// <summary>The kinds of ledger entries that hold value for an account, say for whom value is held, or how much of it must stay.</summary>
internal static class EntryType
{
    public const int Check = 0x43;
    public const int AccountRoot = 0x61;
    public const int RippleState = 0x72;
    public const int FeeSettings = 0x73;
    public const int Escrow = 0x75;
    public const int PayChannel = 0x78;
    public const int Token = 0x7F;
}
