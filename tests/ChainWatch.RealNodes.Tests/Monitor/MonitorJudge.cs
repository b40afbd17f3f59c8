using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Reads the chain again and fails the test if the monitor's records are anything else.</summary>
internal static class MonitorJudge
{
    public static async Task JudgeAsync(EthereumNode node, EthereumTraffic traffic, MonitorDatabase database, bool withInternal)
    {
        var truth = await ChainScan.ReadAsync(node, traffic.Watched, traffic.Contracts.TokenAddress, from: 0, withInternal);
        truth.Count.ShouldBeGreaterThan(0);
        MonitorVerdict.FindFaults(await database.ReadRecordsAsync(), truth, firstHeight: 0).ShouldBe("");
        Effort.Say($"{truth.Count} payments on the chain, all recorded once, none besides");
    }
}
