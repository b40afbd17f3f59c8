using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ChainWatch.TestInfrastructure;

/// <summary>PgBouncer in transaction mode before a <see cref="PostgresServer"/>.</summary>
public sealed class PostgresServerPooler : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private PostgresServerPooler(Process process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        Port = port;
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The program; <see langword="null"/> where PgBouncer is not installed.</summary>
    public static string? Program { get; } = new[] { "/usr/sbin/pgbouncer", "/usr/bin/pgbouncer" }.FirstOrDefault(File.Exists);

    /// <summary>The connection string with which a client goes through the pooler.</summary>
    public string Through(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = Port }.ConnectionString;

    /// <summary>Starts a pooler.</summary>
    /// <param name="server">The server behind it.</param>
    /// <param name="settings">Further lines of its configuration.</param>
    /// <param name="cancellationToken">Ends the wait until it answers.</param>
    public static async Task<PostgresServerPooler> StartAsync(PostgresServer server, string settings = "", CancellationToken cancellationToken = default)
    {
        int port = FreePort();
        string folder = Directory.CreateTempSubdirectory("chainwatch-pooler-").FullName;
        string users = Path.Combine(folder, "users.txt");
        string configuration = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(users, "\"postgres\" \"\"\n", cancellationToken);
        await File.WriteAllTextAsync(
            configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                [databases]
                * = host=127.0.0.1 port={server.Port}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = trust
                auth_file = {users}
                pool_mode = transaction
                default_pool_size = 20
                max_client_conn = 200
                {settings}

                """),
            cancellationToken);
        // PgBouncer does not run as root either; its shell ends it when the test process is gone, however it went.
        ProcessStartInfo start = server.CommandAsServer(
            "sh", ["-c", "\"$1\" -q \"$2\" </dev/null >/dev/null 2>&1 & pid=$!; read _; kill -INT $pid 2>/dev/null; wait $pid", "sh", Program ?? "pgbouncer", configuration]);
        start.RedirectStandardInput = true;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        PostgresServerPooler pooler = new(Process.Start(start) ?? throw new InvalidOperationException("sh did not start."), folder, port);
        try
        {
            await pooler.WaitUntilItAnswersAsync(server, cancellationToken);
            return pooler;
        }
        catch
        {
            await pooler.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task WaitUntilItAnswersAsync(PostgresServer server, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await using NpgsqlConnection connection = new($"{Through(server.ConnectionString)};Pooling=false");
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException) when (attempt < 500)
            {
                await Task.Delay(20, cancellationToken);
            }
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
