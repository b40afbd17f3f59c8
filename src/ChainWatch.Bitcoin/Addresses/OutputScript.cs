namespace ChainWatch.Bitcoin;

/// <summary>
/// The forms of output scripts that an address stands for. An address's key is its script, filled up with zeros: each form begins in its own way and says its own length,
/// so no two scripts have the same key.
/// </summary>
internal static class OutputScript
{
    /// <summary>The longest script that an address stands for: a witness program of 40 bytes behind its version and length.</summary>
    public const int KeyLength = 42;

    public const int LongestProgram = 40;

    private const int PublicKeyHashLength = 25;
    private const int ScriptHashLength = 23;
    private const byte Push20 = 0x14;
    private const byte OpTrue = 0x51;
    private const byte OpSixteen = 0x60;

    /// <summary>True when an address stands for this script: P2PKH, P2SH, or a witness program of any version. Pay-to-public-key, bare multisig and OP_RETURN have none.</summary>
    public static bool HasAddress(ReadOnlySpan<byte> script) => script.Length switch
    {
        PublicKeyHashLength when script[0] == 0x76 => script[1] == 0xa9 && script[2] == Push20 && script[23] == 0x88 && script[24] == 0xac,
        ScriptHashLength when script[0] == 0xa9 => script[1] == Push20 && script[22] == 0x87,
        >= 4 and <= KeyLength when script[0] == 0 => script[1] == script.Length - 2 && script.Length is 22 or 34,
        >= 4 and <= KeyLength when script[0] is >= OpTrue and <= OpSixteen => script[1] == script.Length - 2,
        _ => false,
    };

    /// <summary>How long the script is that a key stands for; 0 for a key that is none.</summary>
    public static int LengthOf(ReadOnlySpan<byte> key)
    {
        int length = key[0] switch
        {
            0x76 => PublicKeyHashLength,
            0xa9 => ScriptHashLength,
            _ => key[1] + 2,
        };
        return length <= key.Length && HasAddress(key[..length]) ? length : 0;
    }

    public static AddressKey OfPublicKeyHash(ReadOnlySpan<byte> hash)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        key.Clear();
        key[0] = 0x76;
        key[1] = 0xa9;
        key[2] = Push20;
        hash.CopyTo(key[3..]);
        key[23] = 0x88;
        key[24] = 0xac;
        return new AddressKey(key);
    }

    public static AddressKey OfScriptHash(ReadOnlySpan<byte> hash)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        key.Clear();
        key[0] = 0xa9;
        key[1] = Push20;
        hash.CopyTo(key[2..]);
        key[22] = 0x87;
        return new AddressKey(key);
    }

    public static AddressKey OfProgram(int version, ReadOnlySpan<byte> program)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        key.Clear();
        key[0] = (byte)(version == 0 ? 0 : OpTrue + version - 1);
        key[1] = (byte)program.Length;
        program.CopyTo(key[2..]);
        return new AddressKey(key);
    }

    /// <summary>The version of a witness program's script.</summary>
    public static int VersionOf(byte opcode) => opcode == 0 ? 0 : opcode - OpTrue + 1;
}
