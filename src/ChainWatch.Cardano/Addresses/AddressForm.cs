namespace ChainWatch.Cardano;

/// <summary>
/// The form of an address by which it is compared: 64 bytes that start with the address's own header byte, filled up with zeros. The header tells how many of them count, so no two addresses share a form, and
/// each can be written back. Where payment credentials are compared, the form is that of the address without a stake part (CIP-19, type 6 or 7).
/// </summary>
/// <remarks>Shelley addresses: CIP-19. A Byron address begins with 0x80 or 0x81 here, which no Shelley address does: see <see cref="ByronAddress"/>.</remarks>
internal static class AddressForm
{
    public const int Length = AddressKey.MaxLength;
    public const int CredentialLength = 28;
    public const int EnterpriseLength = 1 + CredentialLength;
    public const int BaseLength = EnterpriseLength + CredentialLength;

    /// <summary>A longer one can have no form: pointers of the greatest numbers still have fewer bytes.</summary>
    public const int LongestShelley = Length;

    /// <summary>The longest text that is read: a Byron address of a test network with its derivation path has 114 characters, the longest Shelley address less.</summary>
    public const int LongestText = 128;

    private const int FirstByronKind = 8;

    /// <summary>Makes the form of a Shelley address's bytes, in place.</summary>
    /// <param name="form">The bytes, followed by nothing in particular; the form when this returns true.</param>
    /// <param name="length">How many bytes the address has.</param>
    /// <param name="byCredential">Whether its stake part is left out.</param>
    /// <returns>False where it is no address that can be paid to.</returns>
    public static bool TryMakeShelley(Span<byte> form, int length, bool byCredential)
    {
        if (!IsPayable(form[..length]))
        {
            return false;
        }

        if (byCredential)
        {
            form[0] = (byte)(0x60 | (form[0] & 0x1F));
            length = EnterpriseLength;
        }

        form[length..].Clear();
        return true;
    }

    /// <summary>How many bytes of the form are the Shelley address.</summary>
    public static int ShelleyLengthOf(ReadOnlySpan<byte> form) => (form[0] >> 4) switch
    {
        < 4 => BaseLength,
        4 or 5 => EnterpriseLength + PointerLength(form[EnterpriseLength..]),
        _ => EnterpriseLength,
    };

    public static bool IsByron(ReadOnlySpan<byte> form) => form[0] >> 4 == FirstByronKind;

    /// <summary>1 for the main network, 0 for a test network.</summary>
    public static int NetworkOf(ReadOnlySpan<byte> form) => form[0] & 0x0F;

    /// <summary>What can be paid to: a key or script, alone, with a stake part, or with a pointer to one (CIP-19, types 0 to 7).</summary>
    private static bool IsPayable(ReadOnlySpan<byte> address)
    {
        if (address.Length < EnterpriseLength || address.Length > Length)
        {
            return false;
        }

        return (address[0] >> 4) switch
        {
            < 4 => address.Length == BaseLength,
            4 or 5 => address.Length == EnterpriseLength + PointerLength(address[EnterpriseLength..]),
            6 or 7 => address.Length == EnterpriseLength,
            _ => false,
        };
    }

    /// <summary>The bytes of three numbers, seven bits a byte, the highest bit set in all but the last byte of each; -1 where they do not end.</summary>
    private static int PointerLength(ReadOnlySpan<byte> bytes)
    {
        int numbers = 0;
        for (int index = 0; index < bytes.Length; index++)
        {
            if (bytes[index] < 0x80 && ++numbers == 3)
            {
                return index + 1;
            }
        }

        return -1;
    }
}
