using System.Buffers.Binary;

namespace ChainWatch.Cardano;

/// <summary>
/// A Byron address: CBOR of a list of two, the address proper inside a byte string of tag 24, and the CRC-32 of that string. The address proper is a list of the root (28 bytes), attributes and type.
/// </summary>
/// <remarks>
/// The form of one is a byte, the root, and attributes and type as they are, which is exactly 64 bytes for an address of the main network with a derivation path. On a test network one more attribute tells the
/// network; it is left out, since it says what is known. Longer ones exist on the chain, as anything may stand in an attribute; they belong to no wallet, and have no form.
/// </remarks>
internal static class ByronAddress
{
    /// <summary>More bytes than an address that has a form can have.</summary>
    public const int LongestBytes = 96;

    private const byte MainNetwork = 0x80;
    private const byte TestNetwork = 0x81;
    private const byte MagicAttribute = 2;
    private const int RootLength = AddressForm.CredentialLength;
    private const int HeadLength = 5;
    private const int LongestNumber = 5;

    private static ReadOnlySpan<byte> PayloadHead => [0x83, 0x58, RootLength];

    /// <summary>Makes the form of the address in these bytes.</summary>
    /// <param name="bytes">The bytes of the base58 text.</param>
    /// <param name="magic">The network that the address must be of; <see langword="null"/> for the main network, whose addresses do not say it.</param>
    /// <param name="form">Where the form goes.</param>
    public static ByronResult TryMake(ReadOnlySpan<byte> bytes, uint? magic, Span<byte> form)
    {
        if (bytes.Length <= HeadLength || !bytes.StartsWith((ReadOnlySpan<byte>)[0x82, 0xD8, 0x18, 0x58]) || bytes.Length <= HeadLength + bytes[4])
        {
            return ByronResult.NotByron;
        }

        ReadOnlySpan<byte> payload = bytes.Slice(HeadLength, bytes[4]);
        Span<byte> checksum = stackalloc byte[LongestNumber];
        if (!bytes[(HeadLength + payload.Length)..].SequenceEqual(checksum[..WriteNumber(Crc32.Of(payload), checksum)]))
        {
            return ByronResult.WrongChecksum;
        }

        if (payload.Length < PayloadHead.Length + RootLength + 2 || !payload.StartsWith(PayloadHead))
        {
            return ByronResult.NotByron;
        }

        ReadOnlySpan<byte> rest = payload[(PayloadHead.Length + RootLength)..];
        int end = FindEnd(rest, out bool hasMagic);
        if (end != rest.Length - 1 || rest[end] > 23)
        {
            return ByronResult.NotByron;
        }

        Span<byte> suffix = stackalloc byte[2 + LongestNumber];
        suffix = suffix[..WriteMagic(magic, suffix)];
        ReadOnlySpan<byte> attributes = rest[..end];
        if (hasMagic != magic is not null || !attributes.EndsWith(suffix))
        {
            return ByronResult.OtherNetwork;
        }

        attributes = attributes[..^suffix.Length];
        if (1 + RootLength + attributes.Length + 1 > form.Length)
        {
            return ByronResult.TooLong;
        }

        form.Clear();
        form[0] = magic is null ? MainNetwork : TestNetwork;
        payload.Slice(PayloadHead.Length, RootLength).CopyTo(form[1..]);
        attributes.CopyTo(form[(1 + RootLength)..]);
        form[1 + RootLength] -= (byte)(hasMagic ? 1 : 0);
        form[1 + RootLength + attributes.Length] = rest[end];
        return ByronResult.Made;
    }

    /// <summary>Writes the address of a form.</summary>
    public static string Format(ReadOnlySpan<byte> form, uint? magic)
    {
        ReadOnlySpan<byte> rest = form[(1 + RootLength)..];
        int attributes = FindEnd(rest, out _);
        Span<byte> bytes = stackalloc byte[HeadLength + PayloadHead.Length + AddressForm.Length + 2 + LongestNumber + LongestNumber];
        Span<byte> payload = bytes[HeadLength..];
        PayloadHead.CopyTo(payload);
        form.Slice(1, RootLength).CopyTo(payload[PayloadHead.Length..]);
        int at = PayloadHead.Length + RootLength;
        rest[..attributes].CopyTo(payload[at..]);
        payload[at] += (byte)(magic is null ? 0 : 1);
        at += attributes;
        at += WriteMagic(magic, payload[at..]);
        payload[at++] = rest[attributes];
        ((ReadOnlySpan<byte>)[0x82, 0xD8, 0x18, 0x58, (byte)at]).CopyTo(bytes);
        int end = HeadLength + at;
        end += WriteNumber(Crc32.Of(payload[..at]), bytes[end..]);
        return Base58.Encode(bytes[..end]);
    }

    /// <summary>Where the attributes end: a map of small numbers to byte strings. -1 where it is something else.</summary>
    private static int FindEnd(ReadOnlySpan<byte> bytes, out bool hasMagic)
    {
        hasMagic = false;
        if (bytes[0] is < 0xA0 or > 0xA0 + 23)
        {
            return -1;
        }

        int at = 1;
        for (int left = bytes[0] - 0xA0; left > 0; left--)
        {
            if (at + 2 >= bytes.Length)
            {
                return -1;
            }

            hasMagic |= bytes[at] == MagicAttribute;
            byte head = bytes[at + 1];
            at += head switch
            {
                >= 0x40 and < 0x58 => 2 + head - 0x40,
                0x58 => 3 + bytes[at + 2],
                _ => bytes.Length,
            };
        }

        return at < bytes.Length ? at : -1;
    }

    /// <summary>Writes the attribute that tells the network, as wallets do: last, a byte string that holds a number.</summary>
    private static int WriteMagic(uint? magic, Span<byte> bytes)
    {
        if (magic is not { } number)
        {
            return 0;
        }

        int length = WriteNumber(number, bytes[2..]);
        bytes[0] = MagicAttribute;
        bytes[1] = (byte)(0x40 + length);
        return 2 + length;
    }

    /// <summary>Writes a number as CBOR does, in as few bytes as it needs.</summary>
    private static int WriteNumber(uint number, Span<byte> bytes)
    {
        switch (number)
        {
            case < 24:
                bytes[0] = (byte)number;
                return 1;
            case <= byte.MaxValue:
                bytes[0] = 0x18;
                bytes[1] = (byte)number;
                return 2;
            case <= ushort.MaxValue:
                bytes[0] = 0x19;
                BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], (ushort)number);
                return 3;
            default:
                bytes[0] = 0x1A;
                BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], number);
                return 5;
        }
    }
}
