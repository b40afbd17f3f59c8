using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ChainWatch.TestInfrastructure;

/// <summary>
/// A real PostgreSQL of the test's own: a fresh cluster in a temporary folder, on a free port of 127.0.0.1. It ends with the process that started it, even when that
/// one is killed. A machine without PostgreSQL fails the test; it is not skipped.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The environment variable that names the folder with <c>initdb</c> and <c>postgres</c> of the version to test against.</summary>
    public const string BinVariable = "CHAINWATCH_POSTGRES_BIN";

    private const int OldestVersion = 14;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly PostgresServerOptions _options;
    private readonly PostgresServerBinaries _binaries;
    private readonly string _data;
    private Process? _process;
    private int _schemas;

    private PostgresServer(PostgresServerOptions options, PostgresServerBinaries binaries, string data, int port)
    {
        _options = options;
        _binaries = binaries;
        _data = data;
        Port = port;
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The cluster's folder.</summary>
    public string DataDirectory => _data;

    /// <summary>How a client reaches it. Its user is the cluster's superuser, who needs no password.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres;Timeout=10");

    /// <summary>Creates a cluster and starts it.</summary>
    public static async Task<PostgresServer> StartNewAsync(PostgresServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        PostgresServerBinaries binaries = PostgresServerBinaries.Find(OldestVersion, options?.BinDirectory);
        string data = Path.Combine(Path.GetTempPath(), $"chainwatch-pg-{Guid.NewGuid():N}");
        await binaries.RunAsync("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"], cancellationToken);
        PostgresServer server = new(options ?? new PostgresServerOptions(), binaries, data, FreePort());
        try
        {
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a hot standby of a server.</summary>
    public static async Task<PostgresServer> StartStandbyAsync(PostgresServer primary, CancellationToken cancellationToken = default)
    {
        string data = Path.Combine(Path.GetTempPath(), $"chainwatch-pg-{Guid.NewGuid():N}");
        await primary._binaries.RunAsync(
            "pg_basebackup", ["-D", data, "-R", "-X", "stream", "-c", "fast", "-d", string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={primary.Port} user=postgres")], cancellationToken);
        PostgresServer server = new(primary._options, primary._binaries, data, FreePort());
        try
        {
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a standby the primary, on a timeline of its own, and waits until it is. What its primary did without it is lost.</summary>
    public Task PromoteAsync(CancellationToken cancellationToken = default) => ExecuteAsync("select pg_promote()", cancellationToken);

    /// <summary>Whether standbys can be made of this version: some come without <c>pg_basebackup</c>.</summary>
    public bool CanHaveStandbys => File.Exists(_binaries.PathOf("pg_basebackup"));

    /// <summary>A schema name that no other test of this server has.</summary>
    public string NewSchema() => string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _schemas)}");

    /// <summary>Starts the server and waits until it answers.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (_process is not null)
        {
            throw new InvalidOperationException("The server runs already.");
        }

        List<string> arguments =
        [
            "-D", _data,
            "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=",
            "-c", "max_connections=200",
            "-c", _options.Fsync ? "fsync=on" : "fsync=off",
        ];
        foreach ((string name, string value) in _options.Settings)
        {
            arguments.AddRange(["-c", $"{name}={value}"]);
        }

        // The shell ends the server as soon as its own input ends: that happens when the test process is gone, however it went.
        ProcessStartInfo start = _binaries.Command(
            "sh",
            ["-c", "log=$1; shift; \"$@\" </dev/null >>\"$log\" 2>&1 & pid=$!; read _; kill -INT $pid 2>/dev/null; wait $pid", "sh", Path.Combine(_data, "server.log"), _binaries.PathOf("postgres"), .. arguments]);
        start.RedirectStandardInput = true;
        _process = Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
        await WaitUntilItAnswersAsync(cancellationToken);
    }

    /// <summary>Stops the server.</summary>
    /// <param name="mode"><c>fast</c> ends sessions and shuts down; <c>immediate</c> is a crash: it recovers from its log at the next start.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task StopAsync(string mode = "fast", CancellationToken cancellationToken = default)
    {
        if (_process is not { } process)
        {
            return;
        }

        await _binaries.RunAsync("pg_ctl", ["stop", "-D", _data, "-m", mode, "-w", "-t", "60"], cancellationToken);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        process.Dispose();
        _process = null;
    }

    /// <summary>Stops and starts the server.</summary>
    public async Task RestartAsync(string mode = "immediate", CancellationToken cancellationToken = default)
    {
        await StopAsync(mode, cancellationToken);
        await StartAsync(cancellationToken);
    }

    /// <summary>Runs a statement as the superuser, on a connection of its own.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using NpgsqlConnection connection = new($"{ConnectionString};Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A command that runs as the user that the server runs as.</summary>
    internal ProcessStartInfo CommandAsServer(string program, IEnumerable<string> arguments) => _binaries.Command(program, arguments);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            try
            {
                await StopAsync("immediate");
            }
            catch (InvalidOperationException)
            {
                // It did not run any more; its shell still waits for the end of its input.
                process.StandardInput.Close();
                await process.WaitForExitAsync();
                process.Dispose();
                _process = null;
            }
        }

        try
        {
            Directory.Delete(_data, recursive: true);
        }
        catch (IOException)
        {
            // The folder is in the machine's temporary folder: what is left of it does no harm.
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task WaitUntilItAnswersAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await ExecuteAsync("select 1", cancellationToken);
                return;
            }
            catch (NpgsqlException exception)
            {
                if (Stopwatch.GetElapsedTime(started) > s_patience)
                {
                    string log = Path.Combine(_data, "server.log");
                    throw new InvalidOperationException(
                        $"PostgreSQL from {_binaries.Directory} did not answer within {s_patience}: {(File.Exists(log) ? await File.ReadAllTextAsync(log, cancellationToken) : "no log")}", exception);
                }

                await Task.Delay(20, cancellationToken);
            }
        }
    }
}
