using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Sees to it that the end of the process comes, and comes in order: what nobody caught stops the host as SIGTERM does instead of tearing the process down in the middle of its
/// work; and a host that does not come to its end within <see cref="FailFastOptions.ExitTimeout"/>, because something in it hangs, is ended from a thread of its own.
/// </summary>
internal sealed class ShutdownGuard : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private readonly ProcessExit _exit;
    private readonly TimeSpan _timeout;
    private readonly Action<int> _end;
    private readonly ILogger _logger;
    private readonly ManualResetEventSlim _ended = new();
    private readonly CancellationTokenRegistration _stopping;

    /// <param name="exit">How the process is asked to end.</param>
    /// <param name="lifetime">The host's.</param>
    /// <param name="timeout">How long the host may take to stop.</param>
    /// <param name="end">Ends the process here and now.</param>
    /// <param name="logger">The log.</param>
    public ShutdownGuard(ProcessExit exit, IHostApplicationLifetime lifetime, TimeSpan timeout, Action<int> end, ILogger logger)
    {
        _exit = exit;
        _timeout = timeout;
        _end = end;
        _logger = logger;
        AppDomain.CurrentDomain.UnhandledException += Unhandled;
        TaskScheduler.UnobservedTaskException += Unobserved;
        _stopping = lifetime.ApplicationStopping.Register(() => new Thread(WaitForEnd) { IsBackground = true, Name = "ChainWatch shutdown" }.Start());
    }

    /// <summary>The host has come to its end.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.UnhandledException -= Unhandled;
        TaskScheduler.UnobservedTaskException -= Unobserved;
        _stopping.Dispose();
        _ended.Set();
    }

    /// <summary>Runs on the thread that failed, which is dead when it returns, and the process with it.</summary>
    internal void Unhandled(object sender, UnhandledExceptionEventArgs arguments)
    {
        Exception? exception = arguments.ExceptionObject as Exception;
        HostingLog.Unhandled(_logger, exception);
        _exit.Request(ChainWatchExitCode.RestartNeeded, $"An exception that nobody caught ({arguments.ExceptionObject.GetType().Name}) ends the process; the log has the details.");
        _ended.Wait(_timeout + Grace);
        _end(_exit.Code ?? ChainWatchExitCode.RestartNeeded);
    }

    /// <summary>Nobody waits for that task, so nothing depends on it: it is told, and no reason to end.</summary>
    private void Unobserved(object? sender, UnobservedTaskExceptionEventArgs arguments)
    {
        HostingLog.Unobserved(_logger, arguments.Exception);
        arguments.SetObserved();
    }

    private void WaitForEnd()
    {
        if (!_ended.Wait(_timeout + Grace))
        {
            int code = _exit.Code ?? ChainWatchExitCode.Stopped;
            HostingLog.ShutdownHangs(_logger, _timeout, code);
            _end(code);
        }
    }
}
