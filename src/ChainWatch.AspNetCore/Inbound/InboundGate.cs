using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;

namespace ChainWatch.AspNetCore;

/// <summary>Lets in who may ask, and bodies that are not too large; what the rate limits refuse is answered here too.</summary>
internal sealed class InboundGate(InboundRules rules, InboundMetrics metrics)
{
    public Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        if (rules.Skips(context))
        {
            return next(context);
        }

        if (!rules.Allowed.IsEmpty && (context.Connection.RemoteIpAddress is not { } address || !rules.Allowed.Holds(address)))
        {
            metrics.Refused("address");
            return AnswerAsync(context, StatusCodes.Status403Forbidden, "Forbidden", "This client's address is not allowed to ask here.");
        }

        long most = rules.RouteOf(context)?.MaxBodyBytes ?? rules.Options.MaxBodyBytes;
        if (context.Request.ContentLength > most)
        {
            metrics.Refused("body");
            return AnswerAsync(context, StatusCodes.Status413PayloadTooLarge, "Content Too Large", string.Create(CultureInfo.InvariantCulture, $"A request to this route may have a body of {most} bytes at most."));
        }

        // A body that does not say how long it is: the server counts, and ends the reading with 413.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size && (size.MaxRequestBodySize is not { } now || now > most))
        {
            size.MaxRequestBodySize = most;
        }

        return next(context);
    }

    /// <summary>Answers what a rate limit refused.</summary>
    public ValueTask RejectedAsync(OnRejectedContext rejected, CancellationToken cancellationToken)
    {
        metrics.Refused("rate");
        HttpContext context = rejected.HttpContext;
        // Whole seconds, rounded up: who comes back when told so is let in.
        double seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) ? Math.Ceiling(wait.TotalSeconds) : 1;
        string after = Math.Clamp(seconds, 1, 86_400).ToString("F0", CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = after;
        return new ValueTask(AnswerAsync(context, StatusCodes.Status429TooManyRequests, "Too Many Requests", $"Asked too often: come back in {after} s."));
    }

    /// <summary>Answers in the form of RFC 9457. The words are ours, so nothing in them needs escaping.</summary>
    private static Task AnswerAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"title":"{{title}}","status":{{status}},"detail":"{{detail}}"}"""), context.RequestAborted);
    }
}
