namespace ChainWatch.Evm;

/// <summary>What is kept of a transaction while its block is read.</summary>
internal struct TransactionData
{
    public Hash256 Hash;
    public UInt256 Value;
    public EvmAddress From;

    /// <summary>Who receives the value: for a creation, the address that will be created.</summary>
    public EvmAddress To;

    public long GasLimit;

    public bool HasFrom;

    public bool IsCreation;

    /// <summary>True once its receipt was read.</summary>
    public bool HasReceipt;

    /// <summary>True when its receipt says that it succeeded.</summary>
    public bool Succeeded;

    /// <summary>True when its receipt holds logs of the native coin (EIP-7708): what contracts moved is told by those then.</summary>
    public bool HasNativeLogs;
}
