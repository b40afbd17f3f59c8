namespace ChainWatch.Bitcoin.Tests;

public sealed class CredentialsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_cookie_that_changes_is_read_again_exactly_once()
    {
        FakeChain chain = new();
        FakeNode node = new(chain) { Password = "__cookie__:first" };
        File.WriteAllText(_file, "__cookie__:first\n");
        Bench bench = new(chain, node) { Configure = options => options.CredentialsFile = _file };
        bench.ReadTip().IsFound.ShouldBeTrue();

        File.WriteAllText(_file, "__cookie__:second");
        bench.ReadTip().IsFound.ShouldBeTrue("the old one is still good");
        node.Password = "__cookie__:second";
        bench.ReadTip().IsFound.ShouldBeTrue();
        node.Refusals.ShouldBe(1);
    }

    [Fact]
    public void A_wrong_password_is_not_sent_again_and_again()
    {
        FakeChain chain = new();
        FakeNode node = new(chain) { Password = "user:right" };
        Bench bench = new(chain, node) { Configure = static options => options.Url = "http://user:wrong@node.example.org:8332" };

        Answer<ChainTip> tip = bench.ReadTip();
        tip.Kind.ShouldBe(AnswerKind.Unknown);
        tip.Reason!.ShouldContain("refuses user and password");
        tip.Reason!.ShouldNotContain("wrong");
        for (int i = 0; i < 20; i++)
        {
            bench.Time.Advance(TimeSpan.FromSeconds(5));
            bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        }

        node.Refusals.ShouldBe(1);
    }

    [Fact]
    public void A_cookie_that_is_wrong_for_good_is_tried_once()
    {
        FakeChain chain = new();
        FakeNode node = new(chain) { Password = "__cookie__:other" };
        File.WriteAllText(_file, "__cookie__:mine");
        Bench bench = new(chain, node) { Configure = options => options.CredentialsFile = _file };

        bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        node.Refusals.ShouldBe(1);
    }

    [Theory]
    [InlineData(null, "not there")]
    [InlineData("no colon", "user:password")]
    [InlineData("a:b\nc:d", "user:password")]
    public void A_file_that_holds_no_credentials_is_told_and_read_again_later(string? content, string reason)
    {
        FakeChain chain = new();
        FakeNode node = new(chain) { Password = "a:b" };
        File.Delete(_file);
        if (content is not null)
        {
            File.WriteAllText(_file, content);
        }

        Bench bench = new(chain, node) { Configure = options => options.CredentialsFile = _file };
        bench.ReadTip().Reason!.ShouldContain(reason);
        node.Requests.ShouldBe(0);

        File.WriteAllText(_file, "a:b");
        bench.Time.Advance(TimeSpan.FromMinutes(2));
        bench.ReadTip().IsFound.ShouldBeTrue();
    }
}
