using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>A made-up transaction, with a serialisation of its own that the parser is judged by.</summary>
public sealed class MadeTransaction
{
    /// <summary>What the inputs spend: transaction id as it is shown, output number. Empty for a block's reward.</summary>
    public List<(string Id, uint Output)> Inputs { get; init; } = [];

    public List<MadeOutput> Outputs { get; init; } = [];

    /// <summary>The witness items of each input; empty for a transaction without.</summary>
    public List<byte[][]> Witness { get; init; } = [];

    public byte[] InputScript { get; init; } = [];

    public uint LockTime { get; init; }

    /// <summary>True for Litecoin's transaction that leads into the extension block.</summary>
    public bool Extension { get; init; }

    public bool HasWitness => Witness.Exists(static items => items.Length > 0);

    public byte[] Stripped => Write(witness: false, extension: false);

    public byte[] Whole => Write(HasWitness, Extension);

    public byte[] IdBytes => Twice(Stripped);

    public string Id => Convert.ToHexStringLower([.. Enumerable.Reverse(IdBytes)]);

    public byte[] WitnessIdBytes => Twice(Write(HasWitness, extension: false));

    public static byte[] Twice(byte[] bytes) => SHA256.HashData(SHA256.HashData(bytes));

    public static byte[] Count(int count)
    {
        if (count < 0xFD)
        {
            return [(byte)count];
        }

        byte[] bytes = new byte[count <= ushort.MaxValue ? 3 : 5];
        bytes[0] = count <= ushort.MaxValue ? (byte)0xFD : (byte)0xFE;
        if (bytes.Length == 3)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), (ushort)count);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(1), (uint)count);
        }

        return bytes;
    }

    private byte[] Write(bool witness, bool extension)
    {
        List<byte> bytes = [2, 0, 0, 0];
        if (witness || extension)
        {
            bytes.AddRange([0, (byte)((witness ? 1 : 0) | (extension ? 8 : 0))]);
        }

        int inputs = Math.Max(1, Inputs.Count);
        bytes.AddRange(Count(inputs));
        for (int index = 0; index < inputs; index++)
        {
            if (Inputs.Count == 0)
            {
                bytes.AddRange([.. new byte[32], 0xFF, 0xFF, 0xFF, 0xFF]);
            }
            else
            {
                bytes.AddRange(Convert.FromHexString(Inputs[index].Id).Reverse());
                bytes.AddRange(BitConverter.GetBytes(Inputs[index].Output));
            }

            bytes.AddRange([.. Count(InputScript.Length), .. InputScript, 0xFD, 0xFF, 0xFF, 0xFF]);
        }

        bytes.AddRange(Count(Outputs.Count));
        foreach (MadeOutput output in Outputs)
        {
            bytes.AddRange([.. BitConverter.GetBytes(output.Amount), .. Count(output.Script.Length), .. output.Script]);
        }

        for (int index = 0; witness && index < inputs; index++)
        {
            byte[][] items = index < Witness.Count ? Witness[index] : [];
            bytes.AddRange(Count(items.Length));
            foreach (byte[] item in items)
            {
                bytes.AddRange([.. Count(item.Length), .. item]);
            }
        }

        if (extension)
        {
            bytes.Add(0);
        }

        bytes.AddRange(BitConverter.GetBytes(LockTime));
        return [.. bytes];
    }
}
