using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChainWatch.Postgres.Tests;

public sealed class UsePostgresTests(PostgresServerFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_string_of_the_code_gives_store_and_election()
    {
        string schema = postgres.Server.NewSchema();
        await using ServiceProvider services = Host(watch => watch.UsePostgres(postgres.Server.ConnectionString, options => options.Schema = schema));

        services.GetRequiredService<IWatchStore>().ShouldBeOfType<PostgresWatchStore>();
        services.GetRequiredService<ILeaderElection>().ShouldBeOfType<PostgresLeaderElection>();
        await services.GetRequiredService<IWatchStore>().InitializeAsync(Token);
        await using Leadership leadership = await services.GetRequiredService<ILeaderElection>().AcquireAsync("chain", Token);
        leadership.Term.ShouldBe(1);
    }

    [Fact]
    public async Task The_configuration_goes_before_the_code()
    {
        string schema = postgres.Server.NewSchema();
        await using ServiceProvider services = Host(
            watch => watch.UsePostgres("Host=nowhere.invalid", options => options.Schema = "elsewhere"),
            ("ChainWatch:Postgres:ConnectionString", postgres.Server.ConnectionString),
            ("ChainWatch:Postgres:Schema", schema));

        await services.GetRequiredService<IWatchStore>().InitializeAsync(Token);

        await postgres.Server.ExecuteAsync($"select term from {schema}.leadership", Token);
    }

    [Fact]
    public async Task A_data_source_of_the_hosts_own_is_used_and_stays_open()
    {
        await using NpgsqlDataSource dataSource = NpgsqlDataSource.Create(postgres.Server.ConnectionString);
        string schema = postgres.Server.NewSchema();
        await using (ServiceProvider services = Host(watch => watch.UsePostgres(dataSource, options => options.Schema = schema)))
        {
            await services.GetRequiredService<IWatchStore>().InitializeAsync(Token);
            await using Leadership leadership = await services.GetRequiredService<ILeaderElection>().AcquireAsync("chain", Token);
        }

        await using NpgsqlCommand command = dataSource.CreateCommand($"select term from {schema}.leadership");
        (await command.ExecuteScalarAsync(Token)).ShouldBe(1L);
    }

    [Theory]
    [InlineData(null, "ChainWatch:Postgres:ConnectionString is missing")]
    [InlineData("", "ChainWatch:Postgres:ConnectionString is missing")]
    [InlineData("Database=shop", "names no Host")]
    [InlineData("Host=db;Secret Word=hunter2", "is not a connection string")]
    [InlineData("Host=db;Port=hunter2", "is not a connection string")]
    public async Task A_connection_string_that_cannot_be_used_is_told_without_its_secrets(string? connectionString, string message)
    {
        await using ServiceProvider services = Host(watch => watch.UsePostgres(connectionString));

        ChainWatchConfigurationException refused = Should.Throw<ChainWatchConfigurationException>(() => services.GetRequiredService<IWatchStore>());

        refused.Message.ShouldContain(message);
        refused.ToString().ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_data_source_and_a_connection_string_at_once_are_one_too_many()
    {
        await using NpgsqlDataSource dataSource = NpgsqlDataSource.Create(postgres.Server.ConnectionString);
        await using ServiceProvider services = Host(watch => watch.UsePostgres(dataSource), ("ChainWatch:Postgres:ConnectionString", "Host=db"));

        Should.Throw<ChainWatchConfigurationException>(() => services.GetRequiredService<IWatchStore>()).Message.ShouldContain("leave one of them out");
    }

    [Theory]
    [InlineData("Schema", "Big", "ChainWatch:Postgres:Schema is 'Big'")]
    [InlineData("WriteTimeout", "00:00:05", "ChainWatch:Postgres:WriteTimeout is '00:00:05': it must be less than ChainWatch:Leadership:TimeToLive")]
    [InlineData("WriteTimeout", "00:00:00.05", "ChainWatch:Postgres:WriteTimeout is '00:00:00.0500000': it must be from")]
    [InlineData("WriteTimeout", "soon", "ChainWatch:Postgres:WriteTimeout is 'soon'")]
    [InlineData("Shcema", "x", "ChainWatch:Postgres:Shcema is not a setting of ChainWatch: did you mean 'Schema'?")]
    public async Task An_option_out_of_its_range_is_told_with_its_path(string key, string value, string message)
    {
        await using ServiceProvider services = Host(watch => watch.UsePostgres("Host=db"), ($"ChainWatch:Postgres:{key}", value));

        Should.Throw<ChainWatchConfigurationException>(() => services.GetRequiredService<IWatchStore>()).Message.ShouldContain(message);
    }

    [Fact]
    public void A_write_may_take_less_than_leadership_lives_by_default()
    {
        new PostgresOptions().WriteTimeoutFor(new LeadershipOptions { TimeToLive = TimeSpan.FromSeconds(10) }).ShouldBe(TimeSpan.FromSeconds(8));
        new PostgresOptions { WriteTimeout = TimeSpan.FromSeconds(1) }.WriteTimeoutFor(new LeadershipOptions()).ShouldBe(TimeSpan.FromSeconds(1));
    }

    private static ServiceProvider Host(Action<ChainWatchBuilder> watch, params (string Key, string Value)[] settings)
    {
        ServiceCollection services = new();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());
        services.AddChainWatch(watch);
        return services.BuildServiceProvider();
    }
}
