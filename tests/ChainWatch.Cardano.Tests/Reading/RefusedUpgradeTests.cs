using ChainWatch.Testing;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Cardano.Tests;

/// <summary>A server, or what stands before it, that answers the request for a WebSocket with something else.</summary>
public sealed class RefusedUpgradeTests
{
    private static readonly List<FakeBlock> Blocks = [FakeBlock.First(1_000_000), .. FakeBlock.First(1_000_000).Grow(9, "main")];

    [Theory]
    [InlineData(200, EndpointErrorKind.Unsupported, "there is no WebSocket at its URL")]
    [InlineData(302, EndpointErrorKind.Unsupported, "there is no WebSocket at its URL")]
    [InlineData(400, EndpointErrorKind.ClientBug, "there is no WebSocket at its URL")]
    [InlineData(401, EndpointErrorKind.AuthFailed, "its key")]
    [InlineData(402, EndpointErrorKind.QuotaExhausted, "used up")]
    [InlineData(403, EndpointErrorKind.AuthFailed, "its key")]
    [InlineData(404, EndpointErrorKind.Unsupported, "there is no WebSocket at its URL")]
    [InlineData(426, EndpointErrorKind.Unsupported, "a proxy on the way")]
    [InlineData(429, EndpointErrorKind.RateLimited, "asked too often")]
    [InlineData(503, EndpointErrorKind.Transient, "not ready")]
    public async Task A_refusal_says_what_it_means_in_the_common_words(int status, EndpointErrorKind kind, string meaning)
    {
        await using OgmiosServer server = await OgmiosServer.StartAsync(Blocks);
        server.Refuses = _ => status;
        server.RetryAfter = "7";
        using EndpointClient client = Client(server);

        EndpointException exception = await Should.ThrowAsync<EndpointException>(async () => await new OgmiosEndpoint(client, CardanoNetwork.Find(Someone.Network)!).OpenAsync(CancellationToken.None));

        exception.Kind.ShouldBe(kind);
        exception.Error.Code.ShouldBe(status);
        exception.Error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
        exception.Message.ShouldStartWith($"endpoint 'ogmios' refused to open a WebSocket with HTTP {status}: ");
        exception.Message.ShouldContain(meaning);
        exception.Message.ShouldNotContain("127.0.0.1");
        exception.Message.ShouldNotContain("k-secret");
        (client.Paused > TimeSpan.Zero).ShouldBe(kind is EndpointErrorKind.RateLimited or EndpointErrorKind.QuotaExhausted);
        server.Attempts.ShouldBe(1, "what does not pass by itself, and what is to be left alone, is not tried again at once");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_from_one_that_refuses()
    {
        OgmiosServer server = await OgmiosServer.StartAsync(Blocks);
        using EndpointClient client = Client(server);
        await server.DisposeAsync();

        EndpointException exception = await Should.ThrowAsync<EndpointException>(async () => await new OgmiosEndpoint(client, CardanoNetwork.Find(Someone.Network)!).OpenAsync(CancellationToken.None));

        exception.Kind.ShouldBe(EndpointErrorKind.Transient);
        exception.Message.ShouldBe("endpoint 'ogmios': its WebSocket could not be opened (ConnectionRefused)");
    }

    [Fact]
    public async Task A_key_that_is_refused_is_never_sent_again_and_the_next_one_is_taken()
    {
        await using OgmiosServer server = await OgmiosServer.StartAsync(Blocks);
        server.Refuses = static request => request.Headers.Authorization == "Bearer good" ? null : 401;
        using EndpointClient client = Client(server, "bad", "good");
        OgmiosEndpoint endpoint = new(client, CardanoNetwork.Find(Someone.Network)!);

        (await endpoint.OpenAsync(CancellationToken.None)).Dispose();
        (await endpoint.OpenAsync(CancellationToken.None)).Dispose();

        client.UsableKeys.ShouldBe(1);
        server.Attempts.ShouldBe(1);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    public async Task A_server_that_refuses_is_passed_over_for_a_while_and_the_log_says_why(int status)
    {
        await using OgmiosServer wrong = await OgmiosServer.StartAsync(Blocks);
        await using OgmiosServer right = await OgmiosServer.StartAsync(Blocks);
        wrong.Refuses = _ => status;
        await using Follow follow = new([wrong, right], startAt: 1_000_000);
        await follow.UntilAsync(Blocks[^1]);

        follow.Logs.Entries.ShouldContain(entry => entry.Message.Contains("not used for a while", StringComparison.Ordinal) && entry.Message.Contains($"HTTP {status}", StringComparison.Ordinal) && entry.Level == LogLevel.Warning);
    }

    private static EndpointClient Client(OgmiosServer server, params string[] keys)
    {
        EndpointOptions options = new() { Url = server.WebSocketUrl };
        foreach (string key in keys)
        {
            options.ApiKeys.Add(key);
        }

        return new EndpointClient("cardano", "ogmios", options, TimeProvider.System, new LogRecorder().CreateLogger("endpoints"));
    }
}
