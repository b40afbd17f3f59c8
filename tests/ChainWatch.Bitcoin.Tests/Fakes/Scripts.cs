namespace ChainWatch.Bitcoin.Tests;

/// <summary>Output scripts of every form, written out by hand, so that the code under test is not its own judge.</summary>
public static class Scripts
{
    public static byte[] PublicKeyHash(byte[] hash) => [0x76, 0xa9, 0x14, .. hash, 0x88, 0xac];

    public static byte[] ScriptHash(byte[] hash) => [0xa9, 0x14, .. hash, 0x87];

    public static byte[] Program(int version, byte[] program) => [(byte)(version == 0 ? 0 : 0x50 + version), (byte)program.Length, .. program];

    public static byte[] PublicKey(byte[] key) => [(byte)key.Length, .. key, 0xac];

    public static byte[] Multisig(params byte[][] keys) => [0x51, .. keys.SelectMany(static key => (byte[])[(byte)key.Length, .. key]), (byte)(0x50 + keys.Length), 0xae];

    public static byte[] Data(byte[] data) => [0x6a, (byte)data.Length, .. data];

    /// <summary>The script that an address' key stands for.</summary>
    public static byte[] Of(AddressKey key) => key.Bytes[0] switch
    {
        0x76 => key.Bytes[..25].ToArray(),
        0xa9 => key.Bytes[..23].ToArray(),
        _ => key.Bytes[..(2 + key.Bytes[1])].ToArray(),
    };

    /// <summary>A script of a random form: with an address or without.</summary>
    public static byte[] Random(Random random) => random.Next(9) switch
    {
        0 => PublicKeyHash(Bytes(random, 20)),
        1 => ScriptHash(Bytes(random, 20)),
        2 => Program(0, Bytes(random, 20)),
        3 => Program(0, Bytes(random, 32)),
        4 => Program(1, Bytes(random, 32)),
        5 => Program(random.Next(1, 17), Bytes(random, random.Next(2, 41))),
        6 => PublicKey(Bytes(random, random.Next(2) == 0 ? 33 : 65)),
        7 => Multisig(Bytes(random, 33), Bytes(random, 33)),
        _ => Data(Bytes(random, random.Next(0, 75))),
    };

    public static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
