using System.Net.Http.Headers;
using System.Security.Claims;
using ChainWatch.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChainWatch.AspNetCore.Tests;

/// <summary>A host behind the limits of <c>ChainWatch:Inbound</c>, on a real Kestrel on the loopback address. A user is whoever the header <c>X-User</c> names.</summary>
internal sealed class InboundApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private InboundApp(WebApplication app, MetricRecorder metrics)
    {
        _app = app;
        Metrics = metrics;
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Client = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpClient Client { get; }

    public MetricRecorder Metrics { get; }

    public InboundLimits Limits => _app.Services.GetRequiredService<InboundLimits>();

    public static WebApplication Build(IEnumerable<KeyValuePair<string, string?>> settings, bool add = true, Action<IServiceCollection>? services = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddMetrics();
        builder.Configuration.AddInMemoryCollection(settings.Select(static pair => KeyValuePair.Create($"ChainWatch:{pair.Key}", pair.Value)));
        builder.Services.AddSingleton<ILoggerFactory>(new LoggerFactory());
        SimulatedChain chain = new("one", seed: 1, TimeProvider.System, TimeSpan.FromSeconds(2));
        builder.Services.AddChainWatch(watch =>
        {
            watch.AddSimulated(chain);
            if (add)
            {
                watch.AddInbound();
            }
        });
        services?.Invoke(builder.Services);
        return builder.Build();
    }

    public static async Task<InboundApp> StartAsync(IEnumerable<KeyValuePair<string, string?>> settings, Action<IServiceCollection>? services = null)
    {
        WebApplication app = Build(settings, services: services);
        MetricRecorder metrics = new();
        app.Use((context, next) =>
        {
            if (context.Request.Headers["X-User"].ToString() is { Length: > 0 } user)
            {
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user)], "test"));
            }

            return next(context);
        });
        app.UseRouting();
        app.UseChainWatchInbound();
        app.MapGet("/orders/{id}", () => "an order");
        app.MapPost("/pay/{chain}", async (HttpRequest request) =>
        {
            using MemoryStream body = new();
            await request.Body.CopyToAsync(body, TestContext.Current.CancellationToken);
            return $"{body.Length}";
        });
        app.MapGet("/strict", () => "strict").RequireRateLimiting(new NeverPolicy());
        app.MapChainWatch();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new InboundApp(app, metrics);
    }

    /// <summary>Asks, as a client or user of that name where there is one.</summary>
    public async Task<HttpResponseMessage> SendAsync(string path, string? client = null, string? user = null, HttpContent? body = null)
    {
        using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = body };
        request.Headers.ConnectionClose = false;
        if (client is not null)
        {
            request.Headers.Add("X-Forwarded-For", client);
        }

        if (user is not null)
        {
            request.Headers.Add("X-User", user);
        }

        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<int> StatusAsync(string path, string? client = null, string? user = null, HttpContent? body = null)
    {
        using HttpResponseMessage response = await SendAsync(path, client, user, body);
        return (int)response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Metrics.Dispose();
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(10));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    /// <summary>A policy of the host's own that lets nobody in.</summary>
    private sealed class NeverPolicy : IRateLimiterPolicy<string>
    {
        public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected => null;

        public System.Threading.RateLimiting.RateLimitPartition<string> GetPartition(HttpContext httpContext) =>
            System.Threading.RateLimiting.RateLimitPartition.GetFixedWindowLimiter(
                "all",
                static _ => new System.Threading.RateLimiting.FixedWindowRateLimiterOptions { PermitLimit = 1, Window = TimeSpan.FromHours(1) });
    }
}
