using System.Buffers.Binary;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>What the made-up chain looks like. The same values make the same chain, byte for byte, in every process.</summary>
internal sealed record ChainShape
{
    /// <summary>Blocks repeat what they hold after so many; hashes never repeat.</summary>
    public const int Prototypes = 250;

    /// <summary>The first block; above genesis, so that heights have the width that they have on real chains.</summary>
    public const long FirstHeight = 0x1000000;

    private const ulong BlockPart = 0x626c6f636bUL;
    private const ulong TransactionPart = 0x7478UL;
    private const ulong AddressPart = 0x61646472UL;

    public int Blocks { get; init; } = 10_000;

    public int Transactions { get; init; } = 150;

    public int Logs { get; init; } = 290;

    public int Tokens { get; init; } = 20;

    public ulong Seed { get; init; } = 1;

    /// <summary>Whether the JSON has white space, as some servers write it.</summary>
    public bool Spaced { get; init; }

    /// <summary>Whether the properties of every object come in an order of their own.</summary>
    public bool Shuffled { get; init; }

    public long LastHeight => FirstHeight + Blocks - 1;

    /// <summary>The command line that makes the same shape in another process.</summary>
    public IEnumerable<string> Arguments =>
    [
        "--blocks", $"{Blocks}", "--transactions", $"{Transactions}", "--logs", $"{Logs}", "--tokens", $"{Tokens}", "--seed", $"{Seed}",
        .. Spaced ? ["--spaced"] : (string[])[],
        .. Shuffled ? ["--shuffled"] : (string[])[],
    ];

    public static ChainShape Parse(Arguments arguments) => new()
    {
        Blocks = arguments.Number("blocks", 10_000),
        Transactions = arguments.Number("transactions", 150),
        Logs = arguments.Number("logs", 290),
        Tokens = arguments.Number("tokens", 20),
        Seed = (ulong)arguments.Number("seed", 1),
        Spaced = arguments.Has("spaced"),
        Shuffled = arguments.Has("shuffled"),
    };

    public void WriteBlockHash(long height, Span<byte> hash) => Write(BlockPart, height, 0, hash);

    public void WriteTransactionHash(long height, int index, Span<byte> hash) => Write(TransactionPart, height, index, hash);

    /// <summary>The height and index that a hash was made of, so that the server needs no table of them.</summary>
    public bool TryRead(ReadOnlySpan<byte> hash, bool ofTransaction, out long height, out int index)
    {
        var mixed = BinaryPrimitives.ReadUInt64BigEndian(hash[8..]) ^ Mix(BinaryPrimitives.ReadUInt64BigEndian(hash));
        height = (long)(mixed >> 16);
        index = (int)(mixed & 0xffff);
        Span<byte> again = stackalloc byte[32];
        Write(ofTransaction ? TransactionPart : BlockPart, height, index, again);
        return again.SequenceEqual(hash);
    }

    /// <summary>The address with a number: accounts count from 0 up, contracts from -1 down.</summary>
    public byte[] Address(int number)
    {
        var address = new byte[20];
        var state = Mix(Seed ^ (AddressPart << 32) ^ (uint)number);
        BinaryPrimitives.WriteUInt64BigEndian(address, state);
        BinaryPrimitives.WriteUInt64BigEndian(address.AsSpan(8), Mix(state));
        BinaryPrimitives.WriteInt32BigEndian(address.AsSpan(16), number);
        return address;
    }

    public byte[] Contract(int token) => Address(-1 - token);

    private void Write(ulong part, long height, int index, Span<byte> hash)
    {
        var place = ((ulong)height << 16) | (uint)index;
        var state = Mix(Seed ^ (part << 24) ^ Mix(place));
        BinaryPrimitives.WriteUInt64BigEndian(hash, state);
        BinaryPrimitives.WriteUInt64BigEndian(hash[8..], place ^ Mix(state));
        BinaryPrimitives.WriteUInt64BigEndian(hash[16..], state = Mix(state + 1));
        BinaryPrimitives.WriteUInt64BigEndian(hash[24..], Mix(state + 2));
    }

    /// <summary>SplitMix64's finalizer.</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9e3779b97f4a7c15UL;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9UL;
        value = (value ^ (value >> 27)) * 0x94d049bb133111ebUL;
        return value ^ (value >> 31);
    }
}
