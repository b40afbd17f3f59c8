using Xunit;

namespace ChainWatch.TestInfrastructure;

/// <summary>One PostgreSQL for all tests of an assembly: <c>[assembly: AssemblyFixture(typeof(PostgresServerFixture))]</c>. Each test takes a schema of its own.</summary>
public sealed class PostgresServerFixture : IAsyncLifetime
{
    private PostgresServer? _server;

    /// <summary>The server.</summary>
    public PostgresServer Server => _server ?? throw new InvalidOperationException("The server has not been started.");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartNewAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
