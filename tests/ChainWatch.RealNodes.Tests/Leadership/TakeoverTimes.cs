using System.Globalization;

namespace ChainWatch.RealNodes.Tests;

/// <summary>How long each fault kept a chain without a commit.</summary>
internal sealed class TakeoverTimes(string fault)
{
    private readonly List<TimeSpan> _times = [];

    public int Count => _times.Count;

    public TimeSpan Median => At(0.5);

    public TimeSpan Worst => At(1);

    public void Add(TimeSpan time) => _times.Add(time);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Count} × {fault}: from the fault to the next leader's first commit median {Median.TotalMilliseconds:F0} ms, p90 {At(0.9).TotalMilliseconds:F0} ms, p99 {At(0.99).TotalMilliseconds:F0} ms, worst {Worst.TotalMilliseconds:F0} ms");

    private TimeSpan At(double part) => _times.Order().ElementAt(Math.Clamp((int)Math.Ceiling(part * _times.Count) - 1, 0, _times.Count - 1));
}
