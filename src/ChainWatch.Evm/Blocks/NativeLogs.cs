namespace ChainWatch.Evm;

/// <summary>
/// Where EIP-7708 is active, every movement of the native coin leaves a log of the ERC-20 shape from an address that is no contract. It is no token.
/// </summary>
internal static class NativeLogs
{
    /// <summary>The address that EIP-7708 names as the emitter: <c>0xfffffffffffffffffffffffffffffffffffffffe</c>.</summary>
    public static EvmAddress Emitter { get; } = CreateEmitter();

    private static EvmAddress CreateEmitter()
    {
        Span<byte> bytes = stackalloc byte[EvmAddress.Length];
        bytes.Fill(0xFF);
        bytes[^1] = 0xFE;
        return new EvmAddress(bytes);
    }
}
