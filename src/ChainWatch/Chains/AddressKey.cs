using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>
/// An address as the fixed number of bytes that identifies it on its chain: what is compared when blocks are matched. One address has many spellings, but one key.
/// </summary>
public readonly struct AddressKey : IEquatable<AddressKey>
{
    /// <summary>The most bytes that a key can have.</summary>
    public const int MaxLength = 64;

    private readonly Buffer _bytes;
    private readonly byte _length;

    /// <summary>Creates a key from its bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is empty or longer than <see cref="MaxLength"/>.</exception>
    public AddressKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > MaxLength)
        {
            throw new ArgumentException($"An address key has 1 to {MaxLength} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(_bytes);
        _length = (byte)bytes.Length;
    }

    /// <summary>The number of bytes in this key: the same for all addresses of a chain.</summary>
    public int Length => _length;

    /// <summary>The key's bytes.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => ((ReadOnlySpan<byte>)_bytes)[.._length];

    /// <inheritdoc/>
    public bool Equals(AddressKey other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is AddressKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>The key's bytes as lower-case hexadecimal digits. What people and tables see comes from <see cref="ChainFormat.FormatAddress"/>.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>True when both hold the same bytes.</summary>
    public static bool operator ==(AddressKey left, AddressKey right) => left.Equals(right);

    /// <summary>True when the bytes differ.</summary>
    public static bool operator !=(AddressKey left, AddressKey right) => !left.Equals(right);

    [InlineArray(MaxLength)]
    private struct Buffer
    {
        private byte _first;
    }
}
