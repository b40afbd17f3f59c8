using System.Collections.Concurrent;

namespace ChainWatch;

/// <summary>
/// Says what the watchdog has to say, in order, on a thread of its own: a log that nobody reads, or a host whose stopping hangs, must not hold up the looks. What does not
/// fit any more, because the one before has not been said for long, is left out.
/// </summary>
internal sealed class WatchdogVoice : IDisposable
{
    private const int MostWaiting = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly BlockingCollection<Action> _waiting = new(MostWaiting);
    private readonly Thread _thread;

    public WatchdogVoice()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "ChainWatch watchdog's voice" };
        _thread.Start();
    }

    public void Say(Action action) => _waiting.TryAdd(action);

    public void Dispose()
    {
        _waiting.CompleteAdding();
        if (_thread != Thread.CurrentThread)
        {
            _thread.Join(Patience);
        }
    }

    private void Run()
    {
        foreach (Action action in _waiting.GetConsumingEnumerable())
        {
            try
            {
                action();
            }
            catch (Exception)
            {
                // A log that fails has nowhere to say so; what comes next is said all the same.
            }
        }
    }
}
