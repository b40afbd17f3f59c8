namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>What the static server has done so far.</summary>
internal sealed record ServerCounters(long Requests, long Calls, long Bytes, double Cpu)
{
    public ServerCounters Since(ServerCounters before) => new(Requests - before.Requests, Calls - before.Calls, Bytes - before.Bytes, Cpu - before.Cpu);
}
