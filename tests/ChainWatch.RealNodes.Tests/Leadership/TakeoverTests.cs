using System.Diagnostics;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Three replicas whose leader is taken away in every way there is: nothing is lost, nothing is doubled, and no old leader ever writes.</summary>
public sealed class TakeoverTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BlockTime = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_killed_leader_is_replaced_in_milliseconds()
    {
        var kills = Effort.Of(normal: 8, @long: 100);
        await using var replicas = await Replicas.StartAsync(Effort.Seed(), Lease);
        replicas.Mine(BlockTime);
        var times = new TakeoverTimes("kill -9");
        for (var kill = 0; kill < kills; kill++)
        {
            var leader = await replicas.AreReadyAsync();
            var term = await replicas.Trace.NewestTermAsync();
            var fault = DateTime.UtcNow;
            await leader.KillAsync();
            times.Add(await replicas.NextTermAsync(term, fault));
        }

        Effort.Say(times.ToString());
        await replicas.JudgeAsync();
        times.Median.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }
}
