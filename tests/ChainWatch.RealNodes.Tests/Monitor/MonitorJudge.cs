namespace ChainWatch.RealNodes.Tests;

/// <summary>Reads the chain again and fails the test if the monitor's records are anything else.</summary>
internal static class MonitorJudge
{
    public static async Task JudgeAsync(ChainScan scan, MonitorDatabase database)
    {
        var truth = await scan.ReadAsync();
        truth.Count.ShouldBeGreaterThan(0);
        MonitorVerdict.FindFaults(await database.ReadRecordsAsync(), truth, firstHeight: 0).ShouldBe("");
        Effort.Say($"{truth.Count} payments on the chain, all recorded once, none besides");
    }
}
