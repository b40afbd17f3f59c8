using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>
/// Listens to a reader's pushes from a session's first wait until its end. A push only wakes the session up, and may name the block to look at first. A session that never waits, such as a standby's
/// rehearsal, takes no feed: some cost the node a thread each.
/// </summary>
internal sealed class Announcements : IAsyncDisposable
{
    private readonly IBlockReader _reader;
    private readonly TimeSpan _pollInterval;
    private readonly ChainStatus _status;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Signal _announced = new();
    private Task? _listening;
    private StrongBox<ChainPoint?>? _hint;
    private long _seen;

    public Announcements(IBlockReader reader, TimeSpan pollInterval, ChainStatus status, TimeProvider time)
    {
        _reader = reader;
        _pollInterval = pollInterval;
        _status = status;
        _time = time;
    }

    /// <summary>What was announced last, once. A wait that begins later ends at once where something is announced from now on.</summary>
    public ChainPoint? Take()
    {
        _seen = _announced.Version;
        return Interlocked.Exchange(ref _hint, null)?.Value;
    }

    /// <summary>Waits for a push or for the next poll, whichever is first.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        _listening ??= ListenAsync();
        return _announced.WaitAsync(_seen, _pollInterval, _time, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _disposed.CancelNow();
        await (_listening ?? Task.CompletedTask);
        _disposed.Dispose();
    }

    /// <summary>A feed that fails only costs latency: polling goes on without it.</summary>
    private async Task ListenAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                ChainPoint? hint = await _reader.WaitForChangeAsync(_disposed.Token);
                // The listener may run on another thread than the session: a reference changes hands whole.
                Interlocked.Exchange(ref _hint, new StrongBox<ChainPoint?>(hint));
                _announced.Pulse();
            }
            catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                _status.Failed($"the feed of announcements failed: {exception.GetType().Name}");
                await Task.WhenAny(Task.Delay(_pollInterval, _time, _disposed.Token));
            }
        }
    }
}
