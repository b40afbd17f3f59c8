using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text;

namespace ChainWatch.Deploy.Tests;

/// <summary>deploy/nginx/nginx.conf, run by a real nginx in front of a small server.</summary>
public sealed class NginxTests(NginxDoor door) : IClassFixture<NginxDoor>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nginx_finds_nothing_to_say_about_the_configuration()
    {
        (int code, string said) = await Tool.RunAsync("nginx", [.. door.Arguments, "-t"]);
        code.ShouldBe(0, said);
        said.ShouldNotContain("[warn]");
    }

    [Fact]
    public async Task Who_is_known_comes_in_and_the_program_behind_sees_who_asks_but_no_password()
    {
        using HttpClient client = door.Client();
        using HttpResponseMessage unknown = await client.GetAsync("/health/detailed", Stop);
        unknown.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using HttpRequestMessage request = new(HttpMethod.Get, "/health/detailed") { Headers = { Authorization = NginxDoor.Known } };
        using HttpResponseMessage known = await client.SendAsync(request, Stop);
        known.StatusCode.ShouldBe(HttpStatusCode.OK);
        string seen = await known.Content.ReadAsStringAsync(Stop);
        seen.ShouldContain("X-Forwarded-Proto: https");
        seen.ShouldContain("X-Forwarded-For: 127.0.0.1");
        seen.ShouldContain("X-Request-Id: ");
        seen.ShouldNotContain("Authorization");
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/parked")]
    [InlineData("/parked/7/replay")]
    public async Task What_is_for_the_inside_is_not_there(string path)
    {
        using HttpClient client = door.Client();
        using HttpRequestMessage request = new(HttpMethod.Get, path) { Headers = { Authorization = NginxDoor.Known } };
        using HttpResponseMessage answer = await client.SendAsync(request, Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Every_answer_has_the_headers_that_keep_browsers_safe_refusals_too()
    {
        using HttpClient client = door.Client();
        foreach (string path in (string[])["/healthz", "/chainwatch", "/metrics"])
        {
            using HttpResponseMessage answer = await client.GetAsync(path, Stop);
            foreach (string header in (string[])["Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy"])
            {
                answer.Headers.Contains(header).ShouldBeTrue($"{path}: {header}");
            }

            answer.Headers.Server.ToString().ShouldBe("nginx");
        }
    }

    [Fact]
    public async Task Without_TLS_there_is_only_the_way_to_it()
    {
        using HttpClient client = door.Client();
        using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://127.0.0.1:{door.PlainPort}/addresses?a=1"), Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
        answer.Headers.Location!.ToString().ShouldBe("https://127.0.0.1/addresses?a=1");
    }

    [Theory]
    [InlineData("1.2", true)]
    [InlineData("1.3", true)]
    [InlineData("1.1", false)]
    public async Task TLS_is_spoken_from_version_1_2_on(string version, bool spoken)
    {
        // The old version must be named to be refused; a client that would not even offer it proves nothing, so the bytes of its first message are written by hand.
        if (!spoken)
        {
            (await door.HelloOfTls11Async(Stop)).ShouldBe(NginxDoor.ProtocolVersionAlert);
            return;
        }

        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, door.TlsPort, Stop);
        await using SslStream tls = new(tcp.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => door.IsOwn(certificate));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version == "1.2" ? SslProtocols.Tls12 : SslProtocols.Tls13 },
            Stop);
        tls.IsAuthenticated.ShouldBeTrue();
    }

    [Fact]
    public async Task A_client_that_asks_too_often_is_told_so_and_others_are_not()
    {
        // 10 a second and 20 at once: of 200 in a row some are refused, unless they take longer than 17 seconds.
        using HttpClient client = door.Client(IPAddress.Parse("127.0.0.2"));
        List<HttpStatusCode> answers = [];
        foreach (HttpResponseMessage answer in await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => client.GetAsync("/addresses", Stop))))
        {
            answers.Add(answer.StatusCode);
            answer.Dispose();
        }

        answers.Count(static status => status == HttpStatusCode.Unauthorized).ShouldBeGreaterThanOrEqualTo(20);
        answers.ShouldContain(HttpStatusCode.TooManyRequests);
        using HttpResponseMessage health = await client.GetAsync("/healthz", Stop);
        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        using HttpClient other = door.Client(IPAddress.Parse("127.0.0.3"));
        using HttpResponseMessage answered = await other.GetAsync("/addresses", Stop);
        answered.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_request_larger_than_10_kB_is_not_passed_on()
    {
        using HttpClient client = door.Client();
        using HttpRequestMessage request = new(HttpMethod.Post, "/addresses") { Content = new StringContent(new string('x', 10_241)), Headers = { Authorization = NginxDoor.Known } };
        using HttpResponseMessage answer = await client.SendAsync(request, Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_web_socket_goes_through()
    {
        using ClientWebSocket socket = new();
        socket.Options.SetRequestHeader("Authorization", NginxDoor.Known.ToString());
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => door.IsOwn(certificate);
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{door.TlsPort}/socket"), Stop);
        await socket.SendAsync(Encoding.UTF8.GetBytes("there and back"), WebSocketMessageType.Text, endOfMessage: true, Stop);
        byte[] buffer = new byte[100];
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, Stop);
        Encoding.UTF8.GetString(buffer, 0, received.Count).ShouldBe("there and back");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
    }

    [Fact]
    public async Task Requests_are_logged_as_JSON_and_health_checks_are_not()
    {
        using HttpClient client = door.Client();
        (await client.GetAsync("/healthz", Stop)).Dispose();
        (await client.GetAsync("/readyz", Stop)).Dispose();
        (await client.GetAsync("/logged", Stop)).Dispose();
        string log = await door.LogAsync("/logged", Stop);
        log.ShouldNotContain("/healthz");
        log.ShouldNotContain("/readyz");
        System.Text.Json.JsonDocument.Parse(log.Split('\n').First(static line => line.Contains("/logged"))).RootElement.GetProperty("status").GetInt32().ShouldBe(401);
    }
}
