using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Runs hosts so that their process ends with the exit code that says why (<see cref="ChainWatchExitCode"/>).</summary>
public static class ChainWatchHost
{
    /// <summary>
    /// Builds a host and runs it until it is told to stop. A configuration that cannot be read or is wrong ends it before anything has started, with one line for each
    /// error on standard error and exit code <see cref="ChainWatchExitCode.BadConfiguration"/>.
    /// </summary>
    /// <param name="build">Builds the host: everything from creating its builder on, so that an unreadable settings file is told as clearly as a wrong value in it.</param>
    /// <param name="cancellationToken">Stops the host, as SIGTERM does.</param>
    /// <returns>The exit code; it is also set as the process's.</returns>
    public static async Task<int> RunAsync(Func<IHost> build, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(build);
        IHost host;
        try
        {
            host = build();
        }
        catch (ChainWatchConfigurationException exception)
        {
            return Refuse(exception.Errors);
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException or FileNotFoundException)
        {
            // What configuration providers throw for files that they cannot read; the inner exception says where in the file.
            return Refuse([OneLine($"The configuration cannot be read: {exception.Message} {exception.InnerException?.Message}")]);
        }

        return await host.RunChainWatchAsync(cancellationToken);
    }

    /// <summary>Runs a host until it is told to stop. Wrong configuration is told as <see cref="RunAsync"/> does. The host is disposed afterwards.</summary>
    /// <param name="host">The host.</param>
    /// <param name="cancellationToken">Stops the host, as SIGTERM does.</param>
    /// <returns>The exit code; it is also set as the process's.</returns>
    /// <exception cref="InvalidOperationException">The host has no ChainWatch: <c>AddChainWatch</c> was not called.</exception>
    public static async Task<int> RunChainWatchAsync(this IHost host, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        CancellationToken stopping = CancellationToken.None;
        ShutdownGuard? guard = null;
        try
        {
            // Before anything starts, so that nothing else has to fail, and log, first.
            _ = host.Services.GetService<ChainRegistry>()
                ?? throw new InvalidOperationException("This host has no ChainWatch: call services.AddChainWatch(...) before it is built.");
            ProcessExit exit = host.Services.GetRequiredService<ProcessExit>();
            IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
            stopping = lifetime.ApplicationStopping;
            TimeSpan timeout = host.Services.GetRequiredService<ChainWatchOptions>().FailFast.ExitTimeout;
            guard = new ShutdownGuard(exit, lifetime, timeout, ProcessEnd.Now, host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ChainWatch.Shutdown"));
            await host.RunAsync(cancellationToken);
            return Set(exit.Code ?? ChainWatchExitCode.Stopped);
        }
        catch (ChainWatchConfigurationException exception)
        {
            return Refuse(exception.Errors);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            // Told to stop while it was still starting.
            return Set(ChainWatchExitCode.Stopped);
        }
        finally
        {
            await DisposeAsync(host);
            guard?.Dispose();
        }
    }

    private static int Refuse(IReadOnlyList<string> errors)
    {
        foreach (string error in errors)
        {
            Console.Error.WriteLine(error);
        }

        return Set(ChainWatchExitCode.BadConfiguration);
    }

    private static int Set(int code)
    {
        Environment.ExitCode = code;
        return code;
    }

    private static string OneLine(string text) => string.Join(' ', text.Split((char[])['\r', '\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));

    private static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            host.Dispose();
        }
    }
}
