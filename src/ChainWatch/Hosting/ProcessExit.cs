using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Ends the process with an exit code that says why.</summary>
internal sealed class ProcessExit(IHostApplicationLifetime lifetime, ChainWatchHealth health, ILogger<ProcessExit> logger)
{
    private readonly Lock _lock = new();
    private int? _code;

    /// <summary>The exit code that was asked for first; <see langword="null"/> when none was.</summary>
    public int? Code
    {
        get
        {
            lock (_lock)
            {
                return _code;
            }
        }
    }

    /// <summary>The exit code that an exception calls for; <see langword="null"/> for one that is worth another try.</summary>
    public static int? CodeFor(Exception exception) => exception switch
    {
        InvariantViolationException => ChainWatchExitCode.InvariantViolated,
        ChainWatchConfigurationException => ChainWatchExitCode.BadConfiguration,
        _ => null,
    };

    /// <summary>Asks the host to stop. The first reason counts; what follows from it is not told again.</summary>
    public void Request(int code, string reason)
    {
        lock (_lock)
        {
            if (_code is not null)
            {
                return;
            }

            _code = code;
        }

        Environment.ExitCode = code;
        health.EndsBecause(reason);
        HostingLog.ProcessEnding(logger, code, reason);
        Console.Error.WriteLine(reason);
        lifetime.StopApplication();
    }
}
