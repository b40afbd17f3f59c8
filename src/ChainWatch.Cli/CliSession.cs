using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChainWatch.Cli;

/// <summary>One run of a command: the host's configuration and store, without its engine, and where the result goes.</summary>
internal sealed class CliSession : IDisposable
{
    private readonly IHost _host;

    private CliSession(IHost host, CliOutput output)
    {
        _host = host;
        Output = output;
    }

    public CliOutput Output { get; }

    public IWatchStore Store => _host.Services.GetRequiredService<IWatchStore>();

    public IWatchlist Watchlist => _host.Services.GetRequiredService<IWatchlist>();

    public IReadOnlyList<Chain> Chains => [.. _host.Services.GetRequiredService<ChainRegistry>().Chains.Select(static one => one.Chain)];

    public ChainWatchOptions Options => _host.Services.GetRequiredService<ChainWatchOptions>();

    public Chain Chain(string name) => Registration(name).Chain;

    public ChainRegistration Registration(string name) => _host.Services.GetRequiredService<ChainRegistry>().Get(name);

    /// <summary>Makes a command do its work, and says what is wrong where it cannot.</summary>
    public static void Set(Command command, Func<CliSession, ParseResult, CancellationToken, Task<int>> work) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, work, cancellationToken));

    /// <summary>The same tables and options, under another name of the schema.</summary>
    public CliSession InSchema(string schema, ParseResult parsed) => new(Build(parsed, schema), Output);

    public void Dispose() => _host.Dispose();

    private static async Task<int> RunAsync(ParseResult parsed, Func<CliSession, ParseResult, CancellationToken, Task<int>> work, CancellationToken cancellationToken)
    {
        TextWriter errors = parsed.InvocationConfiguration.Error;
        try
        {
            using CliSession session = new(Build(parsed, schema: null), new CliOutput(parsed.InvocationConfiguration.Output, parsed.GetValue(CliOptions.Json)));
            using IDisposable actor = AuditActor.Is(parsed.GetValue(CliOptions.Actor) ?? $"{Environment.UserName}@{Environment.MachineName}");
            return await work(session, parsed, cancellationToken);
        }
        catch (ChainWatchConfigurationException exception)
        {
            await errors.WriteLineAsync(exception.Message);
            return ExitCode.Configuration;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedFunction)
        {
            await errors.WriteLineAsync($"The schema holds no tables of this version of ChainWatch ({exception.MessageText}). Start a host of this version once: it brings the schema up to date.");
            return ExitCode.Configuration;
        }
        catch (NpgsqlException exception)
        {
            await errors.WriteLineAsync($"The database cannot be used: {exception.Message}");
            return ExitCode.Unavailable;
        }
        catch (Exception exception) when (exception is ChainWatchException or ArgumentException)
        {
            await errors.WriteLineAsync(exception.Message);
            return ExitCode.Refused;
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync("Stopped.");
            return ExitCode.Refused;
        }
    }

    private static IHost Build(ParseResult parsed, string? schema)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        FileInfo? file = parsed.GetValue(CliOptions.Config);
        if (file is { Exists: false })
        {
            throw new ChainWatchConfigurationException($"--config: there is no file {file.FullName}.");
        }

        builder.Configuration.AddJsonFile(Path.GetFullPath(file?.FullName ?? "appsettings.json"), optional: file is null, reloadOnChange: false);
        builder.Configuration.AddEnvironmentVariables();
        if (schema is not null)
        {
            builder.Configuration.AddInMemoryCollection([new("ChainWatch:Postgres:Schema", schema)]);
        }

        // Errors are told by what fails here; the log of a host would only come between the lines.
        builder.Logging.ClearProviders();
        builder.Services.AddChainWatch(static watch =>
        {
            watch.UsePostgres();
            watch.AddEvm();
        });
        return builder.Build();
    }
}
