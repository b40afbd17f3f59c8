using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.AspNetCore;

/// <summary>Answers the HTTP requests to ChainWatch.</summary>
internal sealed class ChainWatchEndpoints
{
    // Reasons are read by people in terminals: only what JSON itself needs is escaped, and the content type keeps browsers from taking it for HTML.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly IServiceProvider _services;
    private readonly PrometheusCollector _metrics;
    private readonly Lazy<HostFacts> _facts;

    public ChainWatchEndpoints(IServiceProvider services, PrometheusCollector metrics)
    {
        _services = services;
        _metrics = metrics;
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        long startedAt = time.GetTimestamp();
        _facts = new Lazy<HostFacts>(() => new HostFacts(
            services.GetRequiredService<ChainWatchOptions>().Instance,
            services.GetRequiredService<IWatchStore>(),
            services.GetRequiredService<StoreSpace>(),
            services.GetRequiredService<WalletBalances>(),
            time,
            startedAt));
    }

    // Asked for with each request, since the chains are made when the host starts and endpoints are mapped before that.
    private ChainWatchHealth Health => _services.GetRequiredService<ChainWatchHealth>();

    public async Task HealthAsync(HttpContext context)
    {
        ChainWatchHealthReport report = await Health.ReadAsync(context.RequestAborted);
        await WriteJsonAsync(context, report.State != HealthState.Failing, json => HealthJson.WriteHealth(json, report));
    }

    public Task LiveAsync(HttpContext context)
    {
        string? ending = Health.Ending;
        return WriteJsonAsync(context, ending is null, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", ending is null ? "alive" : "failing");
            if (ending is not null)
            {
                json.WriteString("reason", ending);
            }

            json.WriteEndObject();
        });
    }

    public Task LiveTextAsync(HttpContext context)
    {
        bool alive = Health.Ending is null;
        return WriteAsync(context, alive, "text/plain; charset=utf-8", alive ? "OK" : "FAILING");
    }

    public async Task ReadyAsync(HttpContext context)
    {
        ChainWatchHealthReport report = await Health.ReadAsync(context.RequestAborted);
        await WriteJsonAsync(context, report.IsReady, json => HealthJson.WriteReadiness(json, report));
    }

    public async Task ReadyTextAsync(HttpContext context)
    {
        bool ready = (await Health.ReadAsync(context.RequestAborted)).IsReady;
        await WriteAsync(context, ready, "text/plain; charset=utf-8", ready ? "READY" : "NOT_READY");
    }

    public async Task DetailedAsync(HttpContext context)
    {
        ChainWatchHealthReport report = await Health.ReadAsync(context.RequestAborted);
        await WriteJsonAsync(context, report.State != HealthState.Failing, json => HealthJson.WriteDetailed(json, report, _facts.Value));
    }

    public Task MetricsAsync(HttpContext context) => WriteAsync(context, succeeded: true, PrometheusCollector.ContentType, _metrics.Scrape());

    public async Task StatusPageAsync(HttpContext context)
    {
        ChainWatchHealthReport report = await Health.ReadAsync(context.RequestAborted);
        context.Response.Headers.ContentSecurityPolicy = StatusPage.ContentSecurityPolicy;
        context.Response.Headers.XContentTypeOptions = "nosniff";

        // A page that shows trouble has been served well; what machines should act on is /health.
        await WriteAsync(context, succeeded: true, "text/html; charset=utf-8", StatusPage.Render(report, _facts.Value));
    }

    private static async Task WriteJsonAsync(HttpContext context, bool succeeded, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        await using (Utf8JsonWriter json = new(buffer, Json))
        {
            write(json);
        }

        await WriteAsync(context, succeeded, "application/json; charset=utf-8", buffer.WrittenMemory);
    }

    private static Task WriteAsync(HttpContext context, bool succeeded, string contentType, string text) =>
        WriteAsync(context, succeeded, contentType, Encoding.UTF8.GetBytes(text));

    private static async Task WriteAsync(HttpContext context, bool succeeded, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = succeeded ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
