using System.Buffers.Binary;

namespace ChainWatch.Evm;

/// <summary>The address of a contract that a transaction creates: the end of the hash of its sender and nonce in RLP.</summary>
internal static class CreatedAddress
{
    public static EvmAddress Of(in EvmAddress sender, ulong nonce)
    {
        Span<byte> rlp = stackalloc byte[1 + 1 + EvmAddress.Length + 1 + sizeof(ulong)];
        int length = 1;
        rlp[length++] = 0x80 + EvmAddress.Length;
        sender.Bytes.CopyTo(rlp[length..]);
        length += EvmAddress.Length;
        if (nonce is > 0 and < 0x80)
        {
            rlp[length++] = (byte)nonce;
        }
        else
        {
            Span<byte> big = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(big, nonce);
            ReadOnlySpan<byte> digits = ((ReadOnlySpan<byte>)big).TrimStart((byte)0);
            rlp[length++] = (byte)(0x80 + digits.Length);
            digits.CopyTo(rlp[length..]);
            length += digits.Length;
        }

        rlp[0] = (byte)(0xC0 + length - 1);
        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        Keccak256.Hash(rlp[..length], hash);
        return new EvmAddress(hash[^EvmAddress.Length..]);
    }
}
