using System.Diagnostics;

namespace ChainWatch.AspNetCore.Tests;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task The_contracted_metrics_are_there_by_their_names()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        using HttpResponseMessage response = await app.Client.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        foreach (string sample in (string[])
        [
            $"chainwatch_sync_height{{chain=\"one\"}} {app.Chain.Head.Height}\n",
            "chainwatch_sync_lag{chain=\"one\"} 0\n",
            "chainwatch_health{chain=\"one\"} 1\n",
            "chainwatch_leadership_leader{chain=\"one\"} 1\n",
            "chainwatch_leadership_term{chain=\"one\"} 1\n",
            "chainwatch_feed_silence_seconds{chain=\"one\"} ",
            "chainwatch_subscriptions{chain=\"one\"} 1\n",
            "chainwatch_blocks_total{chain=\"one\"} ",
            "chainwatch_reorgs_total{chain=\"one\"} 1\n",
            "chainwatch_reorg_depth_bucket{chain=\"one\",le=\"1\"} 1\n",
            "chainwatch_payments_detected_total{asset=\"TOK\",chain=\"one\",reference_type=\"order\"} 1\n",
            "chainwatch_payments_moved_total{asset=\"TOK\",chain=\"one\",reference_type=\"order\"} 1\n",
            "chainwatch_payments_confirmed_total{asset=\"TOK\",chain=\"one\",reference_type=\"order\"} 1\n",
            "chainwatch_payments_retracted_total{asset=\"SIM\",chain=\"one\",reference_type=\"order\"} 1\n",
            "chainwatch_payment_value_bucket{asset=\"TOK\",chain=\"one\",le=\"1\"} 0\n",
            "chainwatch_payment_value_bucket{asset=\"TOK\",chain=\"one\",le=\"10\"} 1\n",
            "chainwatch_block_processing_duration_seconds_count{chain=\"one\"} ",
            "chainwatch_outbox_pending ",
            "chainwatch_outbox_oldest_age_seconds ",
        ])
        {
            text.ShouldContain(sample);
        }
    }

    [Fact]
    public async Task The_hosts_own_requests_are_counted_by_route_and_status()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.GetTextAsync("/healthz");
        await app.GetTextAsync("/nowhere");
        string text = "";
        await app.UntilAsync(async () =>
        {
            // A request is counted when it is over, which is after its answer was read.
            text = (await app.GetTextAsync("/metrics")).Text;
            string[] counts = [.. text.Split('\n').Where(static line => line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal))];
            return counts.Any(static line => line.Contains("http_route=\"/healthz\"") && line.Contains("http_response_status_code=\"200\"") && line.EndsWith(" 1")) &&
                counts.Any(static line => line.Contains("http_response_status_code=\"404\""));
        });
        text.ShouldNotContain("nowhere");
    }

    [Fact]
    public async Task Promtool_finds_nothing_to_say_about_the_metrics()
    {
        await using WatchedApp app = await WatchedApp.StartAsync();
        await app.LiveAsync();
        string text = (await app.GetTextAsync("/metrics")).Text;
        using Process promtool = StartPromtool();
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        string said = await promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) +
            await promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);
        said.ShouldBeEmpty();
        promtool.ExitCode.ShouldBe(0);
    }

    private static Process StartPromtool()
    {
        string path = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(static folder => Path.Combine(folder, "promtool"))
            .FirstOrDefault(File.Exists) ?? "";
        if (path.Length == 0)
        {
            const string Missing = "promtool is not on the PATH: it comes with Prometheus (eng/provision.sh fetches it).";
            if (Environment.GetEnvironmentVariable("CI") == "true")
            {
                Assert.Fail(Missing);
            }

            Assert.Skip(Missing);
        }

        return Process.Start(new ProcessStartInfo(path, ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
