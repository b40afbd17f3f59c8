using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>A provider with limits of its own, which it enforces, at virtual time; and a client of it.</summary>
internal sealed class LimitedServer : HttpMessageHandler
{
    private double _tokens;
    private DateTimeOffset _at;

    public LimitedServer(Action<EndpointOptions>? configure = null)
    {
        Scheduler = new DeterministicScheduler(Time);
        EndpointOptions options = new() { Url = "https://rpc.example.org/v1/0123456789abcdef" };
        configure?.Invoke(options);
        Client = new EndpointClient("ethereum", "alpha", options, Time, Logs.CreateLogger("test"), observer: null, new EndpointTransport { Handler = this }, seed: 5);
        _at = Time.GetUtcNow();
    }

    public ManualTimeProvider Time { get; } = new();

    public DeterministicScheduler Scheduler { get; }

    public LogRecorder Logs { get; } = new();

    public EndpointClient Client { get; }

    /// <summary>What the server allows a second; nothing for no limit.</summary>
    public double? Rate { get; set; }

    public double Burst { get; set; } = 1;

    public TimeSpan Latency { get; set; }

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    /// <summary>What it says with a refusal, in seconds.</summary>
    public string? RetryAfter { get; set; }

    public Func<HttpRequestMessage, HttpStatusCode?>? Answer { get; set; }

    public List<(DateTimeOffset At, string What, AuthenticationHeaderValue? Key)> Sent { get; } = [];

    public int Refused { get; private set; }

    public int MostUnderWay { get; set; }

    private int UnderWay { get; set; }

    public async Task SendAsync(string method, EndpointPriority priority = EndpointPriority.Tip)
    {
        using EndpointPriorityScope scope = EndpointPriorityScope.Begin(priority);
        await Client.SendAsync(
            new EndpointRequest
            {
                Method = method,
                Body = Encoding.ASCII.GetBytes(method),
                Read = static response => response.Status switch
                {
                    HttpStatusCode.OK => null,
                    HttpStatusCode.TooManyRequests => Error(EndpointErrorKind.RateLimited, response),
                    HttpStatusCode.PaymentRequired => Error(EndpointErrorKind.QuotaExhausted, response),
                    HttpStatusCode.Unauthorized => Error(EndpointErrorKind.AuthFailed, response),
                    _ => Error(EndpointErrorKind.Transient, response),
                },
            },
            CancellationToken.None);
    }

    /// <summary>Sends a request that may fail.</summary>
    public async Task<EndpointErrorKind?> TryAsync(string method, EndpointPriority priority = EndpointPriority.Tip)
    {
        try
        {
            await SendAsync(method, priority);
            return null;
        }
        catch (EndpointException exception)
        {
            return exception.Kind;
        }
    }

    public EndpointErrorKind? Try(string method, EndpointPriority priority = EndpointPriority.Tip) => Scheduler.Run(() => TryAsync(method, priority));

    /// <summary>Keeps so many requests under way for a time, each answered or failed before the next.</summary>
    public void KeepBusy(int workers, TimeSpan duration, EndpointPriority priority = EndpointPriority.CatchUp)
    {
        DateTimeOffset until = Time.GetUtcNow() + duration;
        Scheduler.Run(() => Task.WhenAll(Enumerable.Range(0, workers).Select(async _ =>
        {
            while (Time.GetUtcNow() < until)
            {
                if (await TryAsync("a", priority) is not null)
                {
                    // As a source does after a failure.
                    await Task.Delay(TimeSpan.FromMilliseconds(100), Time);
                }
            }
        })));
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string what = await request.Content!.ReadAsStringAsync(cancellationToken);
        Sent.Add((Time.GetUtcNow(), what, request.Headers.Authorization));
        MostUnderWay = Math.Max(MostUnderWay, ++UnderWay);
        HttpStatusCode status = Answer?.Invoke(request) ?? (IsWithinLimit() ? Status : HttpStatusCode.TooManyRequests);
        Refused += status == HttpStatusCode.TooManyRequests ? 1 : 0;
        if (Latency > TimeSpan.Zero)
        {
            await Task.Delay(Latency, Time, cancellationToken);
        }

        UnderWay--;
        HttpResponseMessage response = new(status) { Content = new StringContent("{}") };
        if (RetryAfter is not null && status != HttpStatusCode.OK)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", RetryAfter);
        }

        return response;
    }

    private static EndpointError Error(EndpointErrorKind kind, EndpointResponse response) => new() { Kind = kind, Message = $"HTTP {(int)response.Status}", RetryAfter = response.RetryAfter };

    private bool IsWithinLimit()
    {
        if (Rate is not { } rate)
        {
            return true;
        }

        DateTimeOffset now = Time.GetUtcNow();
        _tokens = Math.Min(Burst, _tokens + ((now - _at).TotalSeconds * rate));
        _at = now;
        if (_tokens < 1 - 1e-6)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
