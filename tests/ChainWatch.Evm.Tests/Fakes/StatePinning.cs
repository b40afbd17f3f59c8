namespace ChainWatch.Evm.Tests;

/// <summary>What a fake node does with a block hash where a block is asked for (EIP-1898).</summary>
public enum StatePinning
{
    ByHash,
    Refused,
    Ignored,
}
