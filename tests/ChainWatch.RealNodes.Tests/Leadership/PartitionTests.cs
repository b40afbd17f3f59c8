using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// A leader that the network cuts off from the database while it goes on reading the chain: packets are dropped by the kernel, nobody is told, and later they pass again. It
/// runs in a network namespace, where the kernel allows that.
/// </summary>
[Collection(MeasuredCollection.Name)]
public sealed class PartitionTests
{
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_leader_that_is_cut_off_stops_by_itself_is_replaced_after_its_lease_and_writes_nothing_when_it_is_back()
    {
        if (!PrivateNetwork.IsHere)
        {
            Assert.SkipUnless(await PrivateNetwork.IsPossibleAsync(), "There are no network namespaces here, or nobody may make them (root, unshare, ip and nft are needed).");
            Effort.Say(await PrivateNetwork.RunAsync(typeof(PartitionTests).FullName!));
            return;
        }

        await using var replicas = new Replicas(apart: true);
        await replicas.InitializeAsync();
        var whole = DateTime.MinValue;
        var times = await replicas.StrikeAsync(
            "partition",
            Effort.Of(normal: 1, @long: 30),
            async leader =>
            {
                var fault = DateTime.UtcNow;
                await PrivateNetwork.CutAsync(Replicas.DatabaseAddressOf(replicas.NumberOf(leader)));
                whole = fault + Cut;
                return fault;
            },
            async leader =>
            {
                // It knows without being told: nothing has reached it since.
                await Eventually.BecomesTrueAsync(
                    async _ => (await Replicas.LeadershipOfAsync(leader))?["role"]?.GetValue<string>() == "standby", TimeSpan.FromSeconds(30), () => leader.LastLines);
                if (whole > DateTime.UtcNow)
                {
                    await Task.Delay(whole - DateTime.UtcNow);
                }

                await PrivateNetwork.HealAsync();
            });

        times.Worst.ShouldBeLessThanOrEqualTo(Replicas.Lease + Effort.Limit(TimeSpan.FromMilliseconds(500)));
    }
}
