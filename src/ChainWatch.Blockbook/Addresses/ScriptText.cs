using System.Buffers.Binary;
using System.Text;
using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook;

/// <summary>Addresses of scripts: base58, bech32 and CashAddr, each read into the script that it stands for.</summary>
internal sealed class ScriptText : IAddressText
{
    private const int HashLength = 20;
    private const int Limbs = 7;
    private const int DigitsAtOnce = 5;
    private const int Bech32ChecksumLength = 6;
    private const byte None = 0xFF;

    private static readonly byte[] Base58Digits = Digits("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");
    private static readonly byte[] Bech32Digits = Digits("qpzry9x8gf2tvdw0s3jn54khce6mua7l");
    private static readonly uint[] Powers = [1, 58, 58 * 58, 58 * 58 * 58, 58 * 58 * 58 * 58, 58 * 58 * 58 * 58 * 58];

    private readonly ScriptFormat _format;
    private readonly Base58Versions _versions;
    private readonly int _oldScriptHash;
    private readonly byte[] _witnessPrefix;
    private readonly byte[] _cashPrefix;

    public ScriptText(Coin coin, ScriptFormat format)
    {
        _format = format;
        _versions = coin.Base58 ?? new Base58Versions(coin.Network!.PublicKeyHashVersion, coin.Network.ScriptHashVersion);
        _oldScriptHash = coin.Network?.OldScriptHashVersion ?? -1;
        _witnessPrefix = coin.Network is { } network ? Encoding.ASCII.GetBytes($"{network.Prefix}1") : [];
        _cashPrefix = coin.CashPrefix is { } prefix ? Encoding.ASCII.GetBytes($"{prefix}:") : [];
    }

    public int KeyLength => OutputScript.KeyLength;

    public bool TryRead(ReadOnlySpan<byte> text, Span<byte> key) =>
        _witnessPrefix.Length > 0 && text.StartsWith(_witnessPrefix) ? TryReadWitness(text[_witnessPrefix.Length..], key)
        : _cashPrefix.Length > 0 && text.StartsWith(_cashPrefix) ? TryReadCash(text[_cashPrefix.Length..], key)
        : TryReadBase58(text, key);

    public bool IsWhole(ReadOnlySpan<byte> text, in AddressKey key) => _format.Is(text, key);

    private static byte[] Digits(string alphabet)
    {
        byte[] digits = new byte[256];
        Array.Fill(digits, None);
        for (int i = 0; i < alphabet.Length; i++)
        {
            digits[alphabet[i]] = (byte)i;
        }

        return digits;
    }

    /// <summary>Reads values of five bits into bytes; -1 where they are none, or none that fill bytes.</summary>
    private static int Join(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        Span<byte> values = stackalloc byte[Bech32.LongestText];
        if (text.Length > values.Length)
        {
            return -1;
        }

        for (int i = 0; i < text.Length; i++)
        {
            byte value = Bech32Digits[text[i]];
            if (value == None)
            {
                return -1;
            }

            values[i] = value;
        }

        return Bech32.TryJoin(values[..text.Length], bytes, out int length) ? length : -1;
    }

    private static bool TryReadWitness(ReadOnlySpan<byte> text, Span<byte> key)
    {
        if (text.Length <= 1 + Bech32ChecksumLength || Bech32Digits[text[0]] is var version && version > 16)
        {
            return false;
        }

        key.Clear();
        int length = Join(text[1..^Bech32ChecksumLength], key[2..]);
        key[0] = (byte)(version == 0 ? 0 : 0x50 + version);
        key[1] = (byte)Math.Max(0, length);
        return length >= 2 && OutputScript.HasAddress(key[..(2 + length)]);
    }

    private static bool TryReadCash(ReadOnlySpan<byte> text, Span<byte> key)
    {
        Span<byte> payload = stackalloc byte[1 + HashLength];
        if (text.Length != CashAddress.TextLength || Join(text[..34], payload) != payload.Length || payload[0] is not (0 or 8))
        {
            return false;
        }

        Write(payload[1..], isScript: payload[0] == 8, key);
        return true;
    }

    private bool TryReadBase58(ReadOnlySpan<byte> text, Span<byte> key)
    {
        int length = _versions.Length + HashLength + Base58.ChecksumLength;
        if (text.Length is < 20 or > 36)
        {
            return false;
        }

        // A number of base 58, five digits at a time, as one of base 2^32, the lowest first.
        Span<uint> number = stackalloc uint[Limbs];
        number.Clear();
        for (int at = 0; at < text.Length;)
        {
            int count = Math.Min(DigitsAtOnce, text.Length - at);
            ulong carry = 0;
            for (int end = at + count; at < end; at++)
            {
                byte digit = Base58Digits[text[at]];
                if (digit == None)
                {
                    return false;
                }

                carry = (carry * 58) + digit;
            }

            ulong power = Powers[count];
            for (int i = 0; i < Limbs; i++)
            {
                carry += number[i] * power;
                number[i] = (uint)carry;
                carry >>= 32;
            }

            if (carry != 0)
            {
                return false;
            }
        }

        Span<byte> bytes = stackalloc byte[Limbs * sizeof(uint)];
        for (int i = 0; i < Limbs; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[((Limbs - 1 - i) * sizeof(uint))..], number[i]);
        }

        if (bytes[..^length].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        bytes = bytes[^length..];
        int version = _versions.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : bytes[0];
        bool isScript = version == _versions.ScriptHash || version == _oldScriptHash;
        if (!isScript && version != _versions.PublicKeyHash)
        {
            return false;
        }

        Write(bytes.Slice(_versions.Length, HashLength), isScript, key);
        return true;
    }

    private static void Write(ReadOnlySpan<byte> hash, bool isScript, Span<byte> key)
    {
        key.Clear();
        if (isScript)
        {
            key[0] = 0xa9;
            key[1] = HashLength;
            hash.CopyTo(key[2..]);
            key[22] = 0x87;
        }
        else
        {
            key[0] = 0x76;
            key[1] = 0xa9;
            key[2] = HashLength;
            hash.CopyTo(key[3..]);
            key[23] = 0x88;
            key[24] = 0xac;
        }
    }
}
