namespace ChainWatch.Tests;

public sealed class Hash256Tests
{
    private const string Text = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";

    [Fact]
    public void Keeps_the_bytes_in_display_order()
    {
        Hash256 hash = Hash256.Parse(Text);
        byte[] bytes = new byte[32];
        hash.CopyTo(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(Text);
        hash.ToString().ShouldBe(Text);
        new Hash256(bytes).ShouldBe(hash);
    }

    [Theory]
    [InlineData("0x" + Text)]
    [InlineData("00112233445566778899AABBCCDDEEFF0123456789ABCDEFFEDCBA9876543210")]
    public void Reads_either_case_with_and_without_prefix(string text) => Hash256.Parse(text).ToString().ShouldBe(Text);

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("00112233445566778899aabbccddeeff0123456789abcdeffedcba98765432")]
    [InlineData("00112233445566778899aabbccddeeff0123456789abcdeffedcba987654321000")]
    [InlineData("00112233445566778899aabbccddeeff0123456789abcdeffedcba987654321g")]
    public void Refuses_what_is_not_64_digits(string text)
    {
        Hash256.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => Hash256.Parse(text));
    }

    [Fact]
    public void Hashes_that_differ_in_any_one_byte_are_not_equal()
    {
        byte[] bytes = new byte[32];
        Hash256 zero = new(bytes);
        zero.IsZero.ShouldBeTrue();
        for (int index = 0; index < bytes.Length; index++)
        {
            bytes[index] = 1;
            (new Hash256(bytes) == zero).ShouldBeFalse();
            new Hash256(bytes).IsZero.ShouldBeFalse();
            bytes[index] = 0;
        }
    }
}
