namespace ChainWatch.Tests;

public sealed class ConfigurationErrorsTests
{
    [Theory]
    [InlineData("https://user:secret@node.example:8545/v3/secret?key=secret", "https://node.example:8545/…")]
    [InlineData("https://node.example", "https://node.example")]
    [InlineData("https://node.example/", "https://node.example")]
    [InlineData("htp://node.example/secret", "htp://node.example/…")]
    [InlineData("node.example:8545/secret", "node.example:8545/…")]
    [InlineData("localhost", "localhost")]
    [InlineData("0123456789abcdef0123456789abcdef", "(32 characters, not shown)")]
    [InlineData("https:/secret", "https:/…")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void Of_a_URL_only_scheme_and_host_are_told(string? url, string told)
    {
        ConfigurationErrors errors = new();
        errors.AddUrl("path", url, "it must be a URL");
        errors.Messages.ShouldBe([$"path is '{told}': it must be a URL."]);
        errors.Messages[0].ShouldNotContain("secret");
    }

    [Fact]
    public void An_error_is_one_line_whatever_its_value_holds()
    {
        ConfigurationErrors errors = new();
        errors.Add("path", "a\r\nFATAL: faked\u001b[31m", "it must be short");
        errors.Messages[0].ShouldNotContain("\n");
        errors.Messages[0].ShouldNotContain("\u001b");
    }

    [Fact]
    public void A_long_value_is_cut()
    {
        ConfigurationErrors errors = new();
        errors.Add("path", new string('x', 100_000), "it must be short");
        errors.Messages[0].Length.ShouldBeLessThan(200);
    }

    [Fact]
    public void The_same_error_twice_counts_once()
    {
        ConfigurationErrors errors = new();
        errors.AddMissing("path", "give one");
        errors.AddMissing("path", "give one");
        errors.Messages.Count.ShouldBe(1);
    }
}
