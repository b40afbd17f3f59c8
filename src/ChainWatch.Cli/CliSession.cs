using System.CommandLine;
using ChainWatch.Postgres;
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

    private CliSession(IHost host, CliOutput output, TextWriter errors)
    {
        _host = host;
        Output = output;
        Errors = errors;
    }

    public CliOutput Output { get; }

    /// <summary>Where progress and errors go, so that what is printed stays what was asked for.</summary>
    public TextWriter Errors { get; }

    public IConfiguration Configuration => _host.Services.GetRequiredService<IConfiguration>();

    public IWatchStore Store => _host.Services.GetRequiredService<IWatchStore>();

    public IReconciliation Reconciliation => _host.Services.GetRequiredService<IReconciliation>();

    public IWatchlist Watchlist => _host.Services.GetRequiredService<IWatchlist>();

    public IReadOnlyList<Chain> Chains => [.. _host.Services.GetRequiredService<ChainRegistry>().Chains.Select(static one => one.Chain)];

    public ChainWatchOptions Options => _host.Services.GetRequiredService<ChainWatchOptions>();

    public Chain Chain(string name) => Registration(name).Chain;

    public ChainRegistration Registration(string name) => _host.Services.GetRequiredService<ChainRegistry>().Get(name);

    /// <summary>Makes a command do its work, and says what is wrong where it cannot.</summary>
    public static void Set(Command command, Func<CliSession, ParseResult, CancellationToken, Task<int>> work) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, work, cancellationToken));

    /// <summary>The same with settings on top.</summary>
    public CliSession With(IReadOnlyList<KeyValuePair<string, string?>> settings, ParseResult parsed) => new(Build(parsed.GetValue(CliOptions.Config), "", settings), Output, Errors);

    /// <summary>Another host's store: its configuration file, or this one's, with environment variables that say so on top, and the schema, where one is named.</summary>
    public CliSession There(FileInfo? file, string? schema, ParseResult parsed) => new(
        Build(file ?? parsed.GetValue(CliOptions.Config), file is null ? "" : CliOptions.TherePrefix, schema is null ? [] : [new("ChainWatch:Postgres:Schema", schema)]), Output, Errors);

    /// <summary>Opens the database; the schema that the configuration names is the live one.</summary>
    public NpgsqlDataSource OpenDatabase(out string schema)
    {
        PostgresOptions options = new();
        IConfigurationSection section = Configuration.GetSection(PostgresOptions.Section);
        schema = section[nameof(PostgresOptions.Schema)] is { Length: > 0 } name ? name : options.Schema;
        // The session's own services have checked it.
        _ = Store;
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(section[nameof(PostgresOptions.ConnectionString)]) { ApplicationName = "chainwatch rebuild" });
    }

    public void Dispose() => _host.Dispose();

    private static async Task<int> RunAsync(ParseResult parsed, Func<CliSession, ParseResult, CancellationToken, Task<int>> work, CancellationToken cancellationToken)
    {
        TextWriter errors = parsed.InvocationConfiguration.Error;
        try
        {
            using CliSession session = new(Build(parsed.GetValue(CliOptions.Config), "", settings: []), new CliOutput(parsed.InvocationConfiguration.Output, parsed.GetValue(CliOptions.Json)), errors);
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

    private static IHost Build(FileInfo? file, string variables, IReadOnlyList<KeyValuePair<string, string?>> settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        if (file is { Exists: false })
        {
            throw new ChainWatchConfigurationException($"There is no configuration file {file.FullName}.");
        }

        builder.Configuration.AddJsonFile(Path.GetFullPath(file?.FullName ?? "appsettings.json"), optional: file is null, reloadOnChange: false);
        builder.Configuration.AddEnvironmentVariables(variables);
        builder.Configuration.AddInMemoryCollection(settings);

        // Errors are told by what fails here; the log of a host would only come between the lines.
        builder.Logging.ClearProviders();
        builder.Services.AddChainWatch(static watch =>
        {
            watch.UsePostgres();
            watch.AddEvm();
            watch.AddBitcoin();
            watch.AddBlockbook();
            watch.AddCardano();
            watch.AddXrpl();
        });
        return builder.Build();
    }
}
