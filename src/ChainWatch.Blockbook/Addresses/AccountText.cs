using System.Buffers;

namespace ChainWatch.Blockbook;

/// <summary>Addresses of accounts: <c>0x</c> and 40 digits. Blockbook writes them in mixed case, older ones in lower case; compared are the bytes.</summary>
internal sealed class AccountText : IAddressText
{
    public int KeyLength => AccountFormat.KeyLength;

    public bool TryRead(ReadOnlySpan<byte> text, Span<byte> key) =>
        text.Length == AccountFormat.TextLength && text[0] == '0' && (text[1] | 0x20) == 'x' && Convert.FromHexString(text[2..], key, out _, out _) == OperationStatus.Done;

    public bool IsWhole(ReadOnlySpan<byte> text, in AddressKey key)
    {
        try
        {
            return AccountFormat.Instance.ParseAddress(System.Text.Encoding.ASCII.GetString(text)) == key;
        }
        catch (AddressFormatException)
        {
            return false;
        }
    }
}
