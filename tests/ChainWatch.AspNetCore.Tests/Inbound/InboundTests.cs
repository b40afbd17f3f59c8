using System.Globalization;
using System.Text.Json;
using ChainWatch.TestInfrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.AspNetCore.Tests;

/// <summary>
/// What a host lets in over HTTP. Where a bucket must not fill again during a test, its rate is one request in a thousand seconds, so that nothing depends on how fast the machine is.
/// </summary>
public sealed class InboundTests
{
    private const string Slow = "0.001";

    [Fact]
    public async Task A_client_may_ask_as_often_as_its_burst_allows_and_is_told_when_to_come_back()
    {
        await using InboundApp app = await InboundApp.StartAsync([.. Limit("PerAddress", Slow, 3)]);
        for (int i = 0; i < 3; i++)
        {
            (await app.StatusAsync("/orders/1")).ShouldBe(200);
        }

        using HttpResponseMessage refused = await app.SendAsync("/orders/2");
        ((int)refused.StatusCode).ShouldBe(429);
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(500, 1000);
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        using JsonDocument problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        problem.RootElement.GetProperty("status").GetInt32().ShouldBe(429);
        (await app.StatusAsync("/nowhere")).ShouldBe(429, "what is not there costs as much as what is");
        app.Metrics.Sum("chainwatch.inbound.refused", ("kind", "rate")).ShouldBe(2);
    }

    [Fact]
    public async Task Health_and_metrics_answer_whoever_asks_as_often_as_it_likes()
    {
        await using InboundApp app = await InboundApp.StartAsync([.. Limit("PerAddress", Slow, 1), new("Inbound:AllowedAddresses:0", "192.0.2.1")]);
        for (int i = 0; i < 3; i++)
        {
            (await app.StatusAsync("/metrics")).ShouldBe(200);
            (await app.StatusAsync("/healthz")).ShouldBe(200);
            (await app.StatusAsync("/health/live")).ShouldBe(200);
        }

        (await app.StatusAsync("/healthzz")).ShouldBe(403, "only whole parts of a path count");
    }

    [Fact]
    public async Task A_list_of_skipped_paths_in_the_configuration_stands_in_place_of_the_usual_one()
    {
        await using InboundApp app = await InboundApp.StartAsync([new("Inbound:AllowedAddresses:0", "192.0.2.1"), new("Inbound:SkippedPaths:0", "/orders")]);
        (await app.StatusAsync("/orders/1")).ShouldBe(200);
        (await app.StatusAsync("/healthz")).ShouldBe(403);
    }

    [Fact]
    public async Task An_empty_bucket_fills_again()
    {
        await using InboundApp app = await InboundApp.StartAsync([.. Limit("PerAddress", "20", 1)]);
        await Eventually.BecomesTrueAsync(async _ => await app.StatusAsync("/orders/1") == 429, TimeSpan.FromSeconds(60), () => "no request came too soon");
        await Eventually.BecomesTrueAsync(async _ => await app.StatusAsync("/orders/1") == 200, TimeSpan.FromSeconds(60), () => "no token came");
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_each_client_has_a_bucket_of_its_own()
    {
        await using InboundApp app = await InboundApp.StartAsync([.. Limit("PerAddress", Slow, 1), new("Inbound:TrustedProxies:0", "127.0.0.0/8"), new("Inbound:TrustedProxies:1", "198.51.100.7")]);
        (await app.StatusAsync("/orders/1", "203.0.113.1")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.2")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.1")).ShouldBe(429);
        (await app.StatusAsync("/orders/1", "203.0.113.1, 198.51.100.7")).ShouldBe(429, "the proxy before the proxy is trusted too");
        (await app.StatusAsync("/orders/1", "203.0.113.99, 203.0.113.1")).ShouldBe(429, "what a client writes into the header itself is not believed");
        (await app.StatusAsync("/orders/1", "2001:db8:0:1::1")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "2001:db8:0:1::2")).ShouldBe(429, "of IPv6 one client has a whole /64");
        (await app.StatusAsync("/orders/1", "2001:db8:0:2::1")).ShouldBe(200);
    }

    [Fact]
    public async Task Without_a_trusted_proxy_nobody_can_choose_who_it_is()
    {
        await using InboundApp app = await InboundApp.StartAsync([.. Limit("PerAddress", Slow, 1)]);
        (await app.StatusAsync("/orders/1", "203.0.113.1")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.2")).ShouldBe(429);
    }

    [Fact]
    public async Task A_user_has_one_bucket_from_wherever_it_asks()
    {
        await using InboundApp app = await InboundApp.StartAsync([.. Limit("PerUser", Slow, 1), new("Inbound:TrustedProxies:0", "127.0.0.1")]);
        (await app.StatusAsync("/orders/1", "203.0.113.1", user: "ann")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.2", user: "ann")).ShouldBe(429);
        (await app.StatusAsync("/orders/1", "203.0.113.2", user: "bob")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.2")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.2")).ShouldBe(200, "who is nobody has no bucket as a user");
    }

    [Fact]
    public async Task A_route_may_have_limits_of_its_own()
    {
        await using InboundApp app = await InboundApp.StartAsync(
        [
            .. Limit("PerAddress", Slow, 2), new("Inbound:TrustedProxies:0", "127.0.0.1"),
            new("Inbound:Routes:0:Route", "POST /pay/{chain}"), .. Limit("Routes:0:PerAddress", Slow, 3), .. Limit("Routes:0:Total", Slow, 4),
        ]);
        for (int i = 0; i < 3; i++)
        {
            (await PayAsync("203.0.113.1")).ShouldBe(200);
        }

        (await PayAsync("203.0.113.1")).ShouldBe(429, "the client's own limit for the route");
        (await app.StatusAsync("/orders/1", "203.0.113.1")).ShouldBe(200, "what the route took is not taken from the others");
        (await PayAsync("203.0.113.2")).ShouldBe(200);
        (await PayAsync("203.0.113.3")).ShouldBe(429, "the limit of all clients together");
        (await app.StatusAsync("/pay/one", "203.0.113.4")).ShouldBe(405, "another method is another route");

        Task<int> PayAsync(string client) => app.StatusAsync("/pay/one", client, body: new StringContent("x"));
    }

    [Fact]
    public async Task Who_is_not_on_the_list_is_not_let_in()
    {
        await using InboundApp app = await InboundApp.StartAsync(
            [new("Inbound:AllowedAddresses:0", "203.0.113.0/28"), new("Inbound:AllowedAddresses:1", "2001:db8::/32"), new("Inbound:TrustedProxies:0", "127.0.0.1")]);
        (await app.StatusAsync("/orders/1", "203.0.113.15")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.16")).ShouldBe(403);
        (await app.StatusAsync("/orders/1", "2001:db8::5")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "::ffff:203.0.113.3")).ShouldBe(200, "an IPv4 client in the spelling of IPv6");
        (await app.StatusAsync("/orders/1")).ShouldBe(403, "the proxy itself");
        app.Metrics.Sum("chainwatch.inbound.refused", ("kind", "address")).ShouldBe(2);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_whether_it_says_so_or_not()
    {
        await using InboundApp app = await InboundApp.StartAsync([new("Inbound:MaxBodyBytes", "100"), new("Inbound:Routes:0:Route", "/pay/large"), new("Inbound:Routes:0:MaxBodyBytes", "200")]);
        (await app.StatusAsync("/pay/one", body: new ByteArrayContent(new byte[100]))).ShouldBe(200);
        (await app.StatusAsync("/pay/one", body: new ByteArrayContent(new byte[101]))).ShouldBe(413);
        (await app.StatusAsync("/pay/one", body: new UnsizedContent(new byte[150]))).ShouldBe(413);
        (await app.StatusAsync("/pay/large", body: new UnsizedContent(new byte[150]))).ShouldBe(200);
        (await app.StatusAsync("/pay/large", body: new UnsizedContent(new byte[250]))).ShouldBe(413);
    }

    [Fact]
    public async Task However_many_clients_come_only_so_many_are_remembered()
    {
        await using InboundApp app = await InboundApp.StartAsync([.. Limit("PerAddress", Slow, 1), new("Inbound:MaxClients", "2"), new("Inbound:TrustedProxies:0", "127.0.0.1")]);
        (await app.StatusAsync("/orders/1", "203.0.113.1")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.2")).ShouldBe(200);
        (await app.StatusAsync("/orders/1", "203.0.113.3")).ShouldBe(200, "the first of those beyond");
        for (int i = 4; i < 50; i++)
        {
            (await app.StatusAsync("/orders/1", $"203.0.113.{i}")).ShouldBe(429, "all of those beyond share one bucket");
        }

        (await app.StatusAsync("/orders/1", "203.0.113.1")).ShouldBe(429, "who is remembered stays so");
        app.Limits.Addresses.Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_policies_of_the_host_itself_still_count()
    {
        await using InboundApp app = await InboundApp.StartAsync([]);
        (await app.StatusAsync("/strict")).ShouldBe(200);
        (await app.StatusAsync("/strict")).ShouldBe(429);
    }

    [Fact]
    public void What_is_wrong_is_told_at_once_with_its_path()
    {
        using WebApplication app = (WebApplication)InboundApp.Build(
        [
            new("Inbound:PerAddress:RequestsPerSecond", "0"), new("Inbound:PerUser:Burst", "0"), new("Inbound:MaxBodyBytes", "-1"), new("Inbound:MaxClients", "0"),
            new("Inbound:AllowedAddresses:0", "10.0.0.1/8"), new("Inbound:TrustedProxies:0", "proxy"), new("Inbound:SkippedPaths:0", "health"),
            new("Inbound:Routes:0:Route", "pay"), new("Inbound:Routes:1:Total:RequestsPerSecond", "-2"), new("Inbound:Routes:2:Route", "/{a}/{a}"), new("Inbound:Burst", "3"),
        ]);
        IReadOnlyList<string> errors = Should.Throw<ChainWatchConfigurationException>(() => app.Services.GetRequiredService<ChainRegistry>()).Errors;
        string[] paths =
        [
            "PerAddress:RequestsPerSecond is '0'", "PerUser:Burst is '0'", "MaxBodyBytes is '-1'", "MaxClients is '0'", "AllowedAddresses:0 is '10.0.0.1/8'", "TrustedProxies:0 is 'proxy'",
            "SkippedPaths:0 is 'health'", "Routes:0:Route is 'pay'", "Routes:1:Route is missing", "Routes:1:Total:RequestsPerSecond is '-2'", "Routes:2:Route is '/{a}/{a}'", "Burst is not a setting",
        ];
        foreach (string path in paths)
        {
            errors.ShouldContain(error => error.StartsWith($"ChainWatch:Inbound:{path}", StringComparison.Ordinal), $"{path} in {string.Join('\n', errors)}");
        }

        errors.Count.ShouldBe(paths.Length);
    }

    [Fact]
    public void Limits_that_nobody_puts_to_work_are_a_mistake()
    {
        using WebApplication app = InboundApp.Build([new("Inbound:MaxBodyBytes", "100")], add: false);
        Should.Throw<ChainWatchConfigurationException>(() => app.Services.GetRequiredService<ChainRegistry>()).Message.ShouldContain("ChainWatch:Inbound is not a setting");
        Should.Throw<InvalidOperationException>(() => app.UseChainWatchInbound()).Message.ShouldContain("AddInbound");
    }

    private static KeyValuePair<string, string?>[] Limit(string name, string rate, int burst) =>
        [new($"Inbound:{name}:RequestsPerSecond", rate), new($"Inbound:{name}:Burst", burst.ToString(CultureInfo.InvariantCulture))];

    /// <summary>A body that is sent in chunks: its length is not told before.</summary>
    private sealed class UnsizedContent(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => stream.WriteAsync(bytes, 0, bytes.Length);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
