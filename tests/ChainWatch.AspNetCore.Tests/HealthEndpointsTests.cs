using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChainWatch.AspNetCore.Tests;

public sealed class HealthEndpointsTests
{
    [Fact]
    public async Task Health_has_the_shape_that_monitors_rely_on()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        (int status, JsonElement json) = await app.GetJsonAsync("/health");
        status.ShouldBe(200);
        Names(json).ShouldBe(["status", "timestamp", "chains", "overall"]);
        json.GetProperty("status").GetString().ShouldBe("healthy");
        json.GetProperty("timestamp").GetInt64().ShouldBe(app.Time.GetUtcNow().ToUnixTimeMilliseconds());
        JsonElement chain = json.GetProperty("chains").GetProperty("one");
        Names(chain).ShouldBe(["connected", "subscriptions", "timeSinceLastEvent", "eventCounts", "healthy"]);
        chain.GetProperty("connected").GetBoolean().ShouldBeTrue();
        chain.GetProperty("subscriptions").GetInt32().ShouldBe(1);
        chain.GetProperty("timeSinceLastEvent").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        chain.GetProperty("healthy").GetBoolean().ShouldBeTrue();
        JsonElement counts = chain.GetProperty("eventCounts");
        Names(counts).ShouldBe(["blocks", "transactions", "total"]);
        counts.GetProperty("transactions").GetInt64().ShouldBe(5); // two detected, one moved, one retracted, one confirmed
        counts.GetProperty("total").GetInt64().ShouldBe(counts.GetProperty("blocks").GetInt64() + 5);
        json.GetProperty("overall").GetRawText().ShouldBe("""{"totalChains":1,"healthyChains":1,"degradedChains":0,"failingChains":0}""");
    }

    [Fact]
    public async Task A_silent_chain_is_503_and_says_why()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        app.Time.Advance(TimeSpan.FromSeconds(61));
        (int status, JsonElement json) = await app.GetJsonAsync("/health");
        status.ShouldBe(503);
        json.GetProperty("status").GetString().ShouldBe("failing");
        JsonElement chain = json.GetProperty("chains").GetProperty("one");
        chain.GetProperty("healthy").GetBoolean().ShouldBeFalse();
        chain.GetProperty("reason").GetString()!.ShouldStartWith("No new block for 6");
        chain.GetProperty("verdict").GetString().ShouldBeOneOf("stalled_chain", "dead_feed");
        json.GetProperty("overall").GetProperty("failingChains").GetInt32().ShouldBe(1);

        (status, json) = await app.GetJsonAsync("/health/ready");
        status.ShouldBe(503);
        json.GetProperty("status").GetString().ShouldBe("not_ready");
        json.GetProperty("reason").GetString().ShouldBe("feed_silent");
        (await app.GetTextAsync("/readyz")).ShouldBe((503, "NOT_READY"));

        // The process itself lives: restarting it is the watchdog's decision.
        (await app.GetTextAsync("/healthz")).ShouldBe((200, "OK"));
    }

    [Fact]
    public async Task Ready_tells_how_far_it_has_come()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        (int status, JsonElement json) = await app.GetJsonAsync("/health/ready");
        status.ShouldBe(200);
        Names(json).ShouldBe(["status", "syncedTo", "tipHeight", "lag", "chains"]);
        json.GetProperty("status").GetString().ShouldBe("ready");
        json.GetProperty("syncedTo").GetInt64().ShouldBe(app.Chain.Head.Height);
        json.GetProperty("tipHeight").GetInt64().ShouldBe(app.Chain.Head.Height);
        json.GetProperty("lag").GetInt64().ShouldBe(0);
        json.GetProperty("chains").GetProperty("one").GetProperty("role").GetString().ShouldBe("leader");
        (await app.GetTextAsync("/readyz")).ShouldBe((200, "READY"));
    }

    [Fact]
    public async Task A_lag_is_not_ready_and_says_how_much()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        app.Status.SawHead(new ChainPoint(app.Chain.Head.Height + 101, default));
        (int status, JsonElement json) = await app.GetJsonAsync("/health/ready");
        status.ShouldBe(503);
        Names(json).ShouldBe(["status", "reason", "lag", "chains"]);
        json.GetProperty("reason").GetString().ShouldBe("sync_lag");
        json.GetProperty("lag").GetInt64().ShouldBe(101);
        (status, json) = await app.GetJsonAsync("/health");
        status.ShouldBe(200);
        json.GetProperty("status").GetString().ShouldBe("degraded");
    }

    [Fact]
    public async Task A_standby_is_ready_and_says_that_it_is_one()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        app.Status.Led(leading: false, term: 1);
        (int status, JsonElement json) = await app.GetJsonAsync("/health/ready");
        status.ShouldBe(200);
        json.GetProperty("role").GetString().ShouldBe("standby");
    }

    [Fact]
    public async Task A_host_that_stops_is_not_ready_first()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        (int status, JsonElement json) = await app.GetJsonAsync("/health/ready");
        status.ShouldBe(503);
        json.GetProperty("status").GetString().ShouldBe("not_ready");
        json.GetProperty("reason").GetString().ShouldBe("stopping");
        (await app.GetTextAsync("/readyz")).ShouldBe((503, "NOT_READY"));
        (await app.GetTextAsync("/healthz")).ShouldBe((200, "OK"));

        // Leadership does not wait for the web server to have stopped.
        await app.UntilAsync(() => !app.Status.Leading);
    }

    [Fact]
    public async Task Live_is_as_alive_as_the_process()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        (int status, JsonElement json) = await app.GetJsonAsync("/health/live");
        status.ShouldBe(200);
        json.GetRawText().ShouldBe("""{"status":"alive"}""");
        (await app.GetTextAsync("/healthz")).ShouldBe((200, "OK"));
    }

    [Fact]
    public async Task The_detailed_answer_holds_everything()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        app.Services.GetRequiredService<WalletBalances>().Report("one", "hot", "SIM", 12_500, 3);
        (int status, JsonElement json) = await app.GetJsonAsync("/health/detailed");
        status.ShouldBe(200);
        json.GetProperty("wallets").GetRawText().ShouldStartWith("""[{"chain":"one","wallet":"hot","asset":"SIM","balance":"12.5","age":""");
        Names(json).ShouldBe(["status", "timestamp", "instance", "version", "uptime", "chains", "overall", "store", "outbox", "disk", "wallets"]);
        json.GetProperty("instance").GetString().ShouldBe("<test> & co");
        json.GetProperty("store").GetProperty("kind").GetString().ShouldBe("InMemoryWatchStore");
        json.GetProperty("outbox").GetProperty("parked").GetInt64().ShouldBe(0);
        JsonElement store = json.GetProperty("disk").GetProperty("store");
        (store.GetProperty("policy").GetString(), store.GetProperty("used").GetInt64()).ShouldBe(("disabled", 0));
        JsonElement chain = json.GetProperty("chains").GetProperty("one");
        chain.GetProperty("cursor").GetProperty("height").GetInt64().ShouldBe(app.Chain.Head.Height);
        chain.GetProperty("leadership").GetRawText().ShouldStartWith("""{"role":"leader","term":1,"ready":true,"since":""");
        chain.GetProperty("endpoints").GetRawText().ShouldBe("""[{"name":"main"}]""");
        chain.GetProperty("assets").GetRawText().ShouldBe("""["SIM","TOK"]""");
    }

    [Fact]
    public async Task A_token_whose_contract_says_other_decimals_is_a_warning_and_the_chain_stays_healthy()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        app.Status.SawTokens([new TokenMetadata { Asset = app.Chain.Token, Decimals = 18, Symbol = "TOK" }]);

        JsonElement token = (await app.GetJsonAsync("/health/detailed")).Json.GetProperty("chains").GetProperty("one").GetProperty("tokens").EnumerateArray().ShouldHaveSingleItem();
        token.GetProperty("decimals").GetInt32().ShouldBe(6);
        token.GetProperty("contractDecimals").GetInt32().ShouldBe(18);
        token.GetProperty("contractSymbol").GetString().ShouldBe("TOK");
        token.GetProperty("warning").GetString()!.ShouldContain("power of ten");
        (await app.GetJsonAsync("/health")).Json.GetProperty("status").GetString().ShouldBe("healthy");
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/health/ready")]
    [InlineData("/health/detailed")]
    [InlineData("/metrics")]
    [InlineData("/chainwatch")]
    public async Task No_answer_holds_a_secret(string path)
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        (int status, string text) = await app.GetTextAsync(path);
        status.ShouldBe(200);
        text.ShouldNotBeEmpty();
        text.ShouldNotContain(WatchedApp.Secret);
        text.ShouldNotContain("node.example");
    }

    [Fact]
    public async Task Paths_begin_with_the_prefix()
    {
        await using WatchedApp app = await WatchedApp.StartAsync("/internal");
        (await app.GetTextAsync("/internal/healthz")).ShouldBe((200, "OK"));
        (await app.GetTextAsync("/healthz")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task The_status_page_shows_the_chains_and_escapes_what_it_shows()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        app.Status.Failed("<script>alert(1)</script>");
        using HttpResponseMessage response = await app.Client.GetAsync(new Uri("/chainwatch", UriKind.Relative), TestContext.Current.CancellationToken);
        string page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        response.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldStartWith("default-src 'none'");
        page.ShouldContain("<h2>one <span class=\"mark degraded\">degraded</span></h2>");
        page.ShouldContain("&lt;test&gt; &amp; co");
        page.ShouldContain("&lt;script&gt;");
        page.ShouldNotContain("<script>");
    }

    private static List<string> Names(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
