using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using ChainWatch.Testing;

namespace ChainWatch.Evm.Tests;

public sealed class EndpointKeyTests
{
    private static readonly string[] Secrets = ["alpha-key-1111", "beta-key-2222", "gamma-key-3333", "delta-key-4444"];

    [Fact]
    public void Keys_change_under_load_without_a_failed_block_and_none_appears_anywhere()
    {
        // Other tests beside this one are heard too.
        ConcurrentQueue<string> traces = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name.StartsWith("ChainWatch", StringComparison.Ordinal),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => traces.Enqueue($"{activity.DisplayName} {string.Join(' ', activity.TagObjects)} {activity.StatusDescription}"),
        };
        ActivitySource.AddActivityListener(listener);
        FakeChain chain = new();
        HashSet<string> valid = [Secrets[0], Secrets[1], Secrets[2]];
        List<string> used = [];
        Bench bench = new Bench(chain, new FakeNode(chain))
        {
            Configure = static (_, options) =>
            {
                options.Url = "https://rpc.example.org/v1/{key}/rpc";
                foreach (string secret in Secrets[..3])
                {
                    options.ApiKeys.Add(secret);
                }
            },
        }.Watch(Bench.Alice);
        bench.Node.Raw = (request, _) =>
        {
            string key = request.RequestUri!.Segments[2].TrimEnd('/');
            used.Add(key);

            // Providers repeat what they were sent.
            return valid.Contains(key) ? null : FakeNode.Json($$"""{"error":"invalid api key {{key}} for {{request.RequestUri}}"}""", HttpStatusCode.Unauthorized);
        };
        for (int block = 0; block < 200; block++)
        {
            switch (block)
            {
                case 40:
                    bench.Pool.RotateKey("endpoint-1").ShouldBeTrue();
                    break;
                case 80:
                    valid.Remove(Secrets[1]);
                    break;
                case 120:
                    valid.Remove(Secrets[2]);
                    break;
                case 160:
                    bench.Endpoints[0].Client.ReplaceKeys([Secrets[3]]);
                    valid = [Secrets[3]];
                    break;
            }

            FakeBlock mined = chain.Mine(chain.PayToken(Bench.Usdc, Bench.Alice, block + 1));
            bench.ReadTip().IsFound.ShouldBeTrue();
            bench.PaymentsAtTip(mined).Count.ShouldBe(1);
        }

        used.Distinct(StringComparer.Ordinal).ShouldBe([Secrets[0], Secrets[1], Secrets[2], Secrets[3]], "in turn: on request, twice on refusal (the last time back to the first), and by new configuration");
        used.Count(static key => key == Secrets[1]).ShouldBeGreaterThan(40);
        bench.Logs.Of("EndpointKeyRefused").Count.ShouldBe(2);
        bench.Logs.Of("EndpointKeyRotated").Count.ShouldBe(1);
        bench.Logs.Of("EndpointKeysReplaced").Count.ShouldBe(1);

        // All of them bad: the alarm and what everybody is told.
        valid.Clear();
        Answer<ChainTip> none = bench.ReadTip();
        none.IsFound.ShouldBeFalse();
        bench.ReadTip().IsFound.ShouldBeFalse();
        EndpointStanding standing = bench.Standing("endpoint-1");
        standing.UsableKeys.ShouldBe(0);
        standing.Up.ShouldBeFalse();
        string everything = string.Join('\n', bench.Logs.Entries.Select(static entry => $"{entry} {string.Join(' ', entry.Values)}").Concat(traces)
            .Append($"{none.Reason} {standing.Reason} {standing.Name} {string.Join(' ', bench.Observed.Requests)} {string.Join(' ', bench.Observed.Refused)}"));
        everything.ShouldContain("number");
        foreach (string secret in Secrets)
        {
            everything.ShouldNotContain(secret);
        }
    }

    [Fact]
    public void New_keys_bring_an_endpoint_back_at_once()
    {
        FakeChain chain = new();
        bool good = false;
        Bench bench = new(chain, new FakeNode(chain)) { Configure = static (_, options) => options.ApiKeys.Add(Secrets[0]) };
        bench.Node.Raw = (_, _) => good ? null : FakeNode.Json("", HttpStatusCode.Unauthorized);
        bench.ReadTip().IsFound.ShouldBeFalse();
        good = true;
        bench.ReadTip().IsFound.ShouldBeFalse("a refused key is never sent again");
        int before = bench.Node.Requests;

        bench.Endpoints[0].Client.ReplaceKeys([Secrets[0], Secrets[1]]);

        bench.ReadTip().IsFound.ShouldBeTrue();
        bench.Node.Messages.Skip(before).ShouldAllBe(message => message.Headers.Authorization!.Parameter == Secrets[1]);
    }

    [Fact]
    public void With_one_key_there_is_nothing_to_rotate()
    {
        Bench bench = new(new FakeChain()) { Configure = static (_, options) => options.ApiKeys.Add(Secrets[0]) };
        bench.ReadTip();

        bench.Pool.RotateKey("endpoint-1").ShouldBeFalse();
        bench.Pool.RotateKey("another").ShouldBeFalse();
    }
}
