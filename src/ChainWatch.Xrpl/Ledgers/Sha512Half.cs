using System.Security.Cryptography;

namespace ChainWatch.Xrpl;

/// <summary>The hash of the XRP Ledger: the first half of SHA-512, over a prefix of four letters and the content.</summary>
internal static class Sha512Half
{
    public static Hash256 Of(ReadOnlySpan<byte> content)
    {
        Span<byte> whole = stackalloc byte[SHA512.HashSizeInBytes];
        SHA512.HashData(content, whole);
        return new Hash256(whole[..Hash256.Length]);
    }
}
