using System.Buffers;

namespace ChainWatch.Bitcoin;

/// <summary>Where the parts of a transaction lie in the bytes of its block.</summary>
internal readonly struct TransactionParts
{
    private const byte WitnessFlag = 1;
    private const byte ExtensionFlag = 8;

    // Outpoint, empty script, sequence.
    private const int LeastInput = 41;

    // Value, empty script.
    private const int LeastOutput = 9;

    /// <summary>The fewest bytes that a transaction has: version, one input, one output, lock time.</summary>
    public const int Least = 4 + 1 + LeastInput + 1 + LeastOutput + 4;

    public int Start { get; private init; }

    /// <summary>Where the number of inputs stands.</summary>
    public int Body { get; private init; }

    /// <summary>Where the outputs end, and what the id does not cover begins.</summary>
    public int BodyEnd { get; private init; }

    /// <summary>Where witness data and extension end, and the lock time stands.</summary>
    public int LockTime { get; private init; }

    public int End => LockTime + 4;

    public int InputCount { get; private init; }

    public bool HasWitness { get; private init; }

    /// <summary>True for the one transaction of a block that carries coins in and out of the extension block (Litecoin's HogEx).</summary>
    public bool IsExtension { get; private init; }

    /// <summary>How many bytes the id is the hash of.</summary>
    public int StrippedLength => 4 + (BodyEnd - Body) + 4;

    /// <summary>Finds a transaction's parts.</summary>
    /// <param name="bytes">The block's bytes.</param>
    /// <param name="start">Where the transaction begins.</param>
    /// <param name="extensions">Whether the network has extension blocks.</param>
    /// <exception cref="BlockFormatException">There is no such transaction there.</exception>
    public static TransactionParts Read(ReadOnlySpan<byte> bytes, int start, bool extensions)
    {
        WireReader reader = new(bytes, start);
        reader.Skip(4);
        int body = reader.Position;
        int inputs = reader.ReadCount(LeastInput);
        byte flags = 0;
        if (inputs == 0)
        {
            // No inputs: the marker of what came later than the original form.
            flags = reader.ReadByte();
            byte known = extensions ? (byte)(WitnessFlag | ExtensionFlag) : WitnessFlag;
            if (flags == 0 || (flags & ~known) != 0)
            {
                throw new BlockFormatException(extensions || (flags & ExtensionFlag) == 0
                    ? $"a transaction carries data of an unknown kind (flag {flags})"
                    : $"a transaction carries an extension (flag {flags}), which this network does not have; is it a Litecoin node?");
            }

            body = reader.Position;
            inputs = reader.ReadCount(LeastInput);
            if (inputs == 0)
            {
                throw new BlockFormatException("a transaction has no inputs");
            }
        }

        for (int i = 0; i < inputs; i++)
        {
            reader.Skip(Outpoint.WireLength);
            reader.Skip(reader.ReadLength());
            reader.Skip(4);
        }

        int outputs = reader.ReadCount(LeastOutput);
        if (outputs == 0)
        {
            throw new BlockFormatException("a transaction has no outputs");
        }

        for (int i = 0; i < outputs; i++)
        {
            if (reader.ReadInt64() < 0)
            {
                throw new BlockFormatException("an output has a negative amount");
            }

            reader.Skip(reader.ReadLength());
        }

        int bodyEnd = reader.Position;
        if ((flags & WitnessFlag) != 0)
        {
            bool any = false;
            for (int i = 0; i < inputs; i++)
            {
                int items = reader.ReadCount(1);
                any |= items > 0;
                for (int item = 0; item < items; item++)
                {
                    reader.Skip(reader.ReadLength());
                }
            }

            if (!any)
            {
                throw new BlockFormatException("a transaction says that it has witness data, and has none");
            }
        }

        if ((flags & ExtensionFlag) != 0 && reader.ReadByte() != 0)
        {
            // What moves inside the extension block is taken out of the transactions when a block is made.
            throw new BlockFormatException("a transaction carries its own extension data, which no transaction of a block does");
        }

        int lockTime = reader.Position;
        reader.Skip(4);
        return new TransactionParts
        {
            Start = start,
            Body = body,
            BodyEnd = bodyEnd,
            LockTime = lockTime,
            InputCount = inputs,
            HasWitness = (flags & WitnessFlag) != 0,
            IsExtension = (flags & ExtensionFlag) != 0,
        };
    }

    /// <summary>Writes what the id is the hash of: the transaction without its witness data.</summary>
    public void CopyStripped(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        bytes.Slice(Start, 4).CopyTo(into);
        bytes[Body..BodyEnd].CopyTo(into[4..]);
        bytes.Slice(LockTime, 4).CopyTo(into[(4 + BodyEnd - Body)..]);
    }

    /// <summary>The transaction's id: the double hash of it without witness data.</summary>
    public Hash256 ComputeId(ReadOnlySpan<byte> bytes)
    {
        byte[] stripped = ArrayPool<byte>.Shared.Rent(StrippedLength);
        CopyStripped(bytes, stripped);
        Span<byte> hash = stackalloc byte[DoubleSha256.Length];
        DoubleSha256.Hash(stripped.AsSpan(0, StrippedLength), hash);
        ArrayPool<byte>.Shared.Return(stripped);
        return DoubleSha256.ToHash(hash);
    }

    /// <summary>How many bytes the hash covers that covers the witness data too (BIP-141).</summary>
    public int WitnessLength => 4 + 2 + (LockTime - Body) - (IsExtension ? 1 : 0) + 4;

    /// <summary>Writes the transaction with its witness data, and without what an extension block adds.</summary>
    public void CopyWithWitness(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        int end = LockTime - (IsExtension ? 1 : 0);
        bytes.Slice(Start, 4).CopyTo(into);
        into[4] = 0;
        into[5] = WitnessFlag;
        bytes[Body..end].CopyTo(into[6..]);
        bytes.Slice(LockTime, 4).CopyTo(into[(6 + end - Body)..]);
    }

    /// <summary>Moves a reader that stands at a <see cref="Body"/> behind the inputs.</summary>
    public static void SkipInputs(ref WireReader reader)
    {
        for (int left = reader.ReadCount(LeastInput); left > 0; left--)
        {
            reader.Skip(Outpoint.WireLength);
            reader.Skip(reader.ReadLength());
            reader.Skip(4);
        }
    }

    /// <summary>Reads the one item of 32 bytes that the witness data of a block's first transaction is.</summary>
    public bool TryReadNonce(ReadOnlySpan<byte> bytes, Span<byte> nonce)
    {
        ReadOnlySpan<byte> witness = bytes[BodyEnd..LockTime];
        if (!HasWitness || witness.Length != 2 + Hash256.Length || witness[0] != 1 || witness[1] != Hash256.Length)
        {
            return false;
        }

        witness[2..].CopyTo(nonce);
        return true;
    }

    /// <summary>True for a block's first transaction, which makes coins: its one input names no coin.</summary>
    public bool IsCoinbase(ReadOnlySpan<byte> bytes) =>
        InputCount == 1 &&
        bytes.Slice(Body + 1, Hash256.Length).IndexOfAnyExcept((byte)0) < 0 &&
        bytes.Slice(Body + 1 + Hash256.Length, 4).IndexOfAnyExcept((byte)0xFF) < 0;
}
