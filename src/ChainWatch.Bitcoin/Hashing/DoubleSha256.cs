using System.Security.Cryptography;

namespace ChainWatch.Bitcoin;

/// <summary>SHA-256 of SHA-256, by which Bitcoin names blocks and transactions.</summary>
internal static class DoubleSha256
{
    public const int Length = SHA256.HashSizeInBytes;

    /// <summary>Hashes bytes. The result may overlap them.</summary>
    public static void Hash(ReadOnlySpan<byte> bytes, Span<byte> hash)
    {
        Span<byte> once = stackalloc byte[Length];
        SHA256.HashData(bytes, once);
        SHA256.HashData(once, hash);
    }

    /// <summary>A hash as it stands on the wire, turned into the order in which it is shown.</summary>
    public static Hash256 ToHash(ReadOnlySpan<byte> wire)
    {
        Span<byte> shown = stackalloc byte[Length];
        wire.CopyTo(shown);
        shown.Reverse();
        return new Hash256(shown);
    }

    /// <summary>A hash as it is shown, turned into the order in which it stands on the wire.</summary>
    public static void ToWire(in Hash256 hash, Span<byte> wire)
    {
        hash.CopyTo(wire);
        wire[..Length].Reverse();
    }
}
