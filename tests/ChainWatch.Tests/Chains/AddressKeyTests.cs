namespace ChainWatch.Tests;

public sealed class AddressKeyTests
{
    [Fact]
    public void Keys_are_equal_when_length_and_bytes_are()
    {
        new AddressKey([1, 2, 3]).ShouldBe(new AddressKey([1, 2, 3]));
        new AddressKey([1, 2, 3]).GetHashCode().ShouldBe(new AddressKey([1, 2, 3]).GetHashCode());
        new AddressKey([1, 2, 3]).ShouldNotBe(new AddressKey([1, 2, 4]));
        new AddressKey([1, 2]).ShouldNotBe(new AddressKey([1, 2, 0]));
    }

    [Fact]
    public void Refuses_no_bytes_and_too_many()
    {
        Should.Throw<ArgumentException>(() => new AddressKey([]));
        Should.Throw<ArgumentException>(() => new AddressKey(new byte[AddressKey.MaxLength + 1]));
        new AddressKey(new byte[AddressKey.MaxLength]).Length.ShouldBe(AddressKey.MaxLength);
    }
}
