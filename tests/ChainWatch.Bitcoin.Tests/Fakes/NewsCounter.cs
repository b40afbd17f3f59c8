namespace ChainWatch.Bitcoin.Tests;

/// <summary>Counts announcements, and lets a test wait for them.</summary>
internal sealed class NewsCounter : IDisposable
{
    private readonly SemaphoreSlim _heard = new(0);
    private int _count;

    public List<ChainPoint?> Points { get; } = [];

    public void Announce(ChainPoint? point)
    {
        lock (Points)
        {
            Points.Add(point);
        }

        _heard.Release();
    }

    public void Dispose() => _heard.Dispose();

    /// <summary>Waits until there were so many.</summary>
    public async Task ReachesAsync(int count)
    {
        while (_count < count)
        {
            (await _heard.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue($"{_count} of {count} announcements came");
            _count++;
        }
    }
}
