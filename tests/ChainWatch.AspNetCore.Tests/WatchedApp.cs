using System.Text.Json;
using ChainWatch.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch.AspNetCore.Tests;

/// <summary>A web application that watches a simulated chain at the pace of a clock that the test moves.</summary>
internal sealed class WatchedApp : IAsyncDisposable
{
    public const string Secret = "0123456789abcdef-secret";
    private readonly WebApplication _app;

    private WatchedApp(WebApplication app, SimulatedChain chain, ManualTimeProvider time)
    {
        _app = app;
        Chain = chain;
        Time = time;
        Client = app.GetTestClient();
    }

    public SimulatedChain Chain { get; }

    public ManualTimeProvider Time { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public ChainStatus Status => Services.GetRequiredService<ChainRegistry>().Get("one").Status;

    public static async Task<WatchedApp> StartAsync(string prefix = "", Action<ChainWatchBuilder>? more = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        ManualTimeProvider time = new();
        SimulatedChain chain = new("one", seed: 1, time, TimeSpan.FromSeconds(2));
        builder.Configuration.AddInMemoryCollection(
        [
            new("ChainWatch:Instance", "<test> & co"),
            new("ChainWatch:Chains:one:Endpoints:0:Name", "main"),
            new("ChainWatch:Chains:one:Endpoints:0:Url", $"https://user:{Secret}@node.example/v3/{Secret}"),
            new("ChainWatch:Chains:one:Endpoints:0:ApiKeys:0", Secret),
        ]);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<ILoggerFactory>(new LoggerFactory());
        builder.Services.AddChainWatch(watch =>
        {
            watch.AddSimulated(chain, options => options.Confirmations = "2");
            watch.AddPaymentHandler<SilentHandler>();
            more?.Invoke(watch);
        });
        WebApplication app = builder.Build();
        app.MapChainWatch(prefix);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new WatchedApp(app, chain, time);
    }

    /// <summary>Moves the clock in small steps until something is so; the engine works in between.</summary>
    public Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    /// <summary>The same for a condition that must be asked for.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            Time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Delay(TimeSpan.FromMilliseconds(1), patience.Token);
        }
    }

    /// <summary>A payment that is detected, moved by a reorg, and confirmed, and one that is retracted.</summary>
    public async Task LiveAsync()
    {
        await UntilAsync(() => Status.Cursor is not null);
        string address = SimulatedFormat.Address("a");
        await Services.GetRequiredService<IWatchlist>().AddAsync("one", address, PaymentReference.For("order", "1"), TestContext.Current.CancellationToken);
        SimulatedTransaction staying = Chain.Pay(address, 1_500_000, Chain.Token);
        SimulatedTransaction going = Chain.Pay(address, 5);
        Chain.Mine(staying, going);
        await CaughtUpAsync();
        Chain.Reorg(1, [staying], []);
        await CaughtUpAsync();
        Chain.MineEmpty(3);
        await CaughtUpAsync();
    }

    public Task CaughtUpAsync() => UntilAsync(() => Status.Cursor?.Hash == Chain.Head.Hash && Status.Head?.Hash == Chain.Head.Hash);

    public async Task<(int Status, JsonElement Json)> GetJsonAsync(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return ((int)response.StatusCode, document.RootElement.Clone());
    }

    public async Task<(int Status, string Text)> GetTextAsync(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(10));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private sealed class SilentHandler : IPaymentHandler
    {
        public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
