using System.Globalization;
using System.Text;
using ChainWatch;
using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quickstart;

Console.OutputEncoding = Encoding.UTF8;
HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
int seconds = int.Parse(builder.Configuration["seconds"] ?? "30", CultureInfo.InvariantCulture);
int seed = int.Parse(builder.Configuration["seed"] ?? "42", CultureInfo.InvariantCulture);
builder.Logging.ClearProviders(); // The view below tells the same, to be looked at.

// The chain is simulated; everything behind it is the engine that follows real ones. It grows and forks, and its reorgs move payments or drop them.
SimulatedChain chain = new("simulated", seed, blockTime: TimeSpan.FromSeconds(Math.Min(0.6, seconds / 40.0)));

Ledger ledger = new();
builder.Services.AddChainWatch(watch =>
{
    watch.AddSimulated(chain, options => options.Confirmations = "4");
    watch.AddPaymentHandler<CreditOrder>();
});

builder.Services.AddSingleton(chain);
builder.Services.AddSingleton(ledger);
builder.Services.AddSingleton<IView>(Console.IsOutputRedirected ? new PlainView() : new LiveView());
builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<Show>(services, TimeSpan.FromSeconds(seconds), seed));

int exitCode = await builder.Build().RunChainWatchAsync();
return exitCode == 0 && ledger.Agrees == false ? 1 : exitCode;
