namespace ChainWatch.Blockbook;

/// <summary>Reads addresses as they stand in answers into keys, without allocation. It leaves checksums alone: what is watched is few, and is looked at again (<see cref="IsWhole"/>).</summary>
internal interface IAddressText
{
    /// <summary>How many bytes a key has.</summary>
    int KeyLength { get; }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The text between the quotes.</param>
    /// <param name="key">Where the key goes: <see cref="KeyLength"/> bytes.</param>
    /// <returns>False where it is no address of the coin.</returns>
    bool TryRead(ReadOnlySpan<byte> text, Span<byte> key);

    /// <summary>True when the text is an address of this key with a right checksum, where it has one.</summary>
    bool IsWhole(ReadOnlySpan<byte> text, in AddressKey key);
}
