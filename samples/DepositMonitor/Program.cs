using ChainWatch;
using DepositMonitor;
using Npgsql;

if (HealthProbe.IsAskedFor(args))
{
    return await HealthProbe.RunAsync(args);
}

// Everything that differs between two deployments is configuration (appsettings.json, secrets, environment, command line); this file says only what kind of program it is.
return await ChainWatchHost.RunAsync(() =>
{
    WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = args,
        ContentRootPath = AppContext.BaseDirectory, // appsettings.json lies beside the program, wherever it is started from
    });

    // Secrets that an orchestrator mounts, a file each, named as environment variables are: ChainWatch__Postgres__ConnectionString. Environment and command line still win.
    string secrets = Environment.GetEnvironmentVariable("CHAINWATCH_SECRETS") ?? "/run/secrets";
    builder.Configuration.AddKeyPerFile(secrets, optional: true, reloadOnChange: true).AddEnvironmentVariables().AddCommandLine(args);

    // The same database for the application's own tables. It is asked for after the configuration has been checked.
    builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(builder.Configuration["ChainWatch:Postgres:ConnectionString"]!));
    builder.Services.AddHostedService<DepositTables>();
    builder.Services.AddSingleton(services => services.GetServices<IHostedService>().OfType<DepositTables>().Single());
    builder.Services.AddChainWatch(watch =>
    {
        watch.UsePostgres();
        watch.AddEvm(); // chains of kind "evm" under ChainWatch:Chains
        watch.AddBitcoin(); // and of kind "bitcoin"
        watch.AddCardano(); // and of kind "cardano"
        watch.AddXrpl(); // and of kind "xrpl"
        watch.AddBlockbook(); // and of kind "blockbook"
        watch.AddInbound(); // what may be asked over HTTP, and how often: ChainWatch:Inbound
        watch.AddPaymentHandler<RecordDeposit>();
    });
    builder.Services.AddHealthChecks().AddChainWatch();
    builder.Services.ConfigureHttpJsonOptions(static options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, MonitorJson.Default));

    WebApplication app = builder.Build();
    app.UseChainWatchInbound();
    app.MapChainWatch();
    app.MapAddresses();
    app.MapParked();
    return app;
});
