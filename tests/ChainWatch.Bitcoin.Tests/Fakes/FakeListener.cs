namespace ChainWatch.Bitcoin.Tests;

/// <summary>A listener that hears and fails when a test says so.</summary>
internal sealed class FakeListener : ITipListener
{
    private TaskCompletionSource _running = new();
    private TaskCompletionSource _started = new();

    public string Name => "fake";

    public int Starts { get; private set; }

    public bool IsCancelled { get; private set; }

    public Action<ChainPoint?>? Announce { get; private set; }

    public async Task ListenAsync(Action<ChainPoint?> announce, CancellationToken cancellationToken)
    {
        Starts++;
        Announce = announce;
        _running = new TaskCompletionSource();
        using CancellationTokenRegistration registration = cancellationToken.Register(() =>
        {
            IsCancelled = true;
            _running.TrySetCanceled(cancellationToken);
        });
        _started.TrySetResult();
        await _running.Task;
    }

    /// <summary>Waits until it was started since the last time.</summary>
    public async Task IsListeningAsync()
    {
        await _started.Task;
        _started = new TaskCompletionSource();
    }

    public void Fail(Exception exception) => _running.TrySetException(exception);
}
