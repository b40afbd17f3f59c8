namespace ChainWatch.Cardano;

/// <summary>What bytes turned out to be as a Byron address.</summary>
internal enum ByronResult
{
    Made,
    NotByron,
    WrongChecksum,
    OtherNetwork,
    TooLong,
}
