using System.Buffers.Binary;

namespace ChainWatch.Xrpl;

/// <summary>How an account, with or without a destination tag, lies in an <see cref="AddressKey"/>: 20 bytes of account, 1 that says whether there is a tag, 4 of tag.</summary>
internal static class AccountKey
{
    /// <summary>The number of bytes of an account.</summary>
    public const int AccountLength = 20;

    /// <summary>The number of bytes of a key.</summary>
    public const int Length = AccountLength + 1 + sizeof(uint);

    /// <summary>Writes a key. An absent tag and tag 0 make different keys.</summary>
    public static void Write(Span<byte> key, ReadOnlySpan<byte> account, uint? tag)
    {
        account.CopyTo(key);
        key[AccountLength] = tag is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteUInt32BigEndian(key[(AccountLength + 1)..], tag ?? 0);
    }

    public static AddressKey Create(ReadOnlySpan<byte> account, uint? tag)
    {
        Span<byte> key = stackalloc byte[Length];
        Write(key, account, tag);
        return new AddressKey(key);
    }

    public static uint? TagOf(ReadOnlySpan<byte> key) => key[AccountLength] == 0 ? null : BinaryPrimitives.ReadUInt32BigEndian(key[(AccountLength + 1)..]);
}
