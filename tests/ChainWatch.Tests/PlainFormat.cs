namespace ChainWatch.Tests;

/// <summary>Addresses of one byte, written as two hexadecimal digits.</summary>
internal sealed class PlainFormat : ChainFormat
{
    public static Chain Chain { get; } = new() { Name = "plain", Kind = "test", Format = new PlainFormat() };

    public override int AddressKeyLength => 1;

    public override AddressKey ParseAddress(string text) =>
        text.Length == 2 && text.All(char.IsAsciiHexDigit)
            ? new AddressKey(Convert.FromHexString(text))
            : throw new AddressFormatException(text, "is not an address of this chain: two hexadecimal digits are expected");

    public override string FormatAddress(in AddressKey key) => key.ToString();
}
