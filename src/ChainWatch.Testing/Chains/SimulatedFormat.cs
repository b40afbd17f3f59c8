using System.Text;

namespace ChainWatch.Testing;

/// <summary>How the simulated chain writes its addresses: <c>sim</c> and 40 hexadecimal digits, of either case on input, lower case where it is recorded.</summary>
public sealed class SimulatedFormat : ChainFormat
{
    private const string Prefix = "sim";
    private const int KeyLength = 20;

    private SimulatedFormat(int ordinalsPerOutput)
    {
        OrdinalsPerOutput = ordinalsPerOutput;
    }

    /// <summary>The format of a chain of accounts, which a simulated chain is unless it is told otherwise.</summary>
    public static SimulatedFormat Instance { get; } = new(ordinalsPerOutput: 0);

    /// <summary>The format of a chain of outputs: each transfer is one.</summary>
    public static SimulatedFormat WithOutputs { get; } = new(ordinalsPerOutput: 1);

    /// <inheritdoc/>
    public override int OrdinalsPerOutput { get; }

    /// <inheritdoc/>
    public override int AddressKeyLength => KeyLength;

    /// <summary>The address that belongs to a label: the same label is always the same address.</summary>
    /// <param name="label">Any text, as in <c>alice</c> or <c>order 1042</c>.</param>
    public static string Address(string label) => Instance.FormatAddress(Key(label));

    /// <summary>The key of the address that belongs to a label.</summary>
    public static AddressKey Key(string label)
    {
        ArgumentException.ThrowIfNullOrEmpty(label);
        Span<byte> digest = stackalloc byte[32];
        System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(label), digest);
        return new AddressKey(digest[..KeyLength]);
    }

    /// <inheritdoc/>
    public override AddressKey ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            throw new AddressFormatException(text, $"does not begin with '{Prefix}', as every address of a simulated chain does.");
        }

        if (text.Length != Prefix.Length + (KeyLength * 2))
        {
            throw new AddressFormatException(text, $"has {text.Length - Prefix.Length} digits after '{Prefix}'; an address of a simulated chain has {KeyLength * 2}.");
        }

        Span<byte> bytes = stackalloc byte[KeyLength];
        if (Convert.FromHexString(text.AsSpan(Prefix.Length), bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            throw new AddressFormatException(text, $"holds something other than hexadecimal digits after '{Prefix}'.");
        }

        return new AddressKey(bytes);
    }

    /// <inheritdoc/>
    public override string FormatAddress(in AddressKey key) => Prefix + Convert.ToHexStringLower(key.Bytes);
}
