using System.Text.Json;
using ChainWatch.Conformance;
using ChainWatch.Postgres;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.Cli.Tests;

/// <summary>A schema with a configuration file that names it, as a host leaves both behind.</summary>
internal sealed class CliTestHost : IAsyncDisposable
{
    private CliTestHost(NpgsqlDataSource dataSource, string schema, string file)
    {
        DataSource = dataSource;
        Schema = schema;
        File = file;
        Store = new PostgresWatchStore(dataSource, schema, TimeSpan.FromSeconds(4), TimeProvider.System);
        Script = new StoreScript(Store, ConformanceChain.Named("ethereum"));
    }

    public NpgsqlDataSource DataSource { get; }

    public string Schema { get; }

    /// <summary>The configuration file.</summary>
    public string File { get; }

    public PostgresWatchStore Store { get; }

    /// <summary>Writes as a host would.</summary>
    public StoreScript Script { get; }

    public static async Task<CliTestHost> CreateAsync(PostgresServer server, params (string Name, object Settings)[] more)
    {
        string schema = server.NewSchema();
        string file = Path.Combine(Path.GetTempPath(), $"chainwatch-cli-{Guid.NewGuid():N}.json");
        var configuration = new
        {
            ChainWatch = new
            {
                Chains = more.Append(("ethereum", new { Kind = "evm", Endpoints = new[] { new { Url = "http://127.0.0.1:1" } } })).ToDictionary(),
                Postgres = new { server.ConnectionString, Schema = schema },
            },
        };
        await System.IO.File.WriteAllTextAsync(file, JsonSerializer.Serialize(configuration));
        CliTestHost host = new(NpgsqlDataSource.Create(server.ConnectionString), schema, file);
        await host.Store.InitializeAsync(TestContext.Current.CancellationToken);
        await host.Script.LeadAsync();
        return host;
    }

    public Task<CliRun> RunAsync(params string[] arguments) => CliRun.RunAsync([.. arguments, "--config", File]);

    public Task<CliRun> JsonAsync(params string[] arguments) => RunAsync([.. arguments, "--json"]);

    public async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = DataSource.CreateCommand(sql.Replace("$schema$", $"\"{Schema}\"", StringComparison.Ordinal));
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync()
    {
        System.IO.File.Delete(File);
        return DataSource.DisposeAsync();
    }
}
