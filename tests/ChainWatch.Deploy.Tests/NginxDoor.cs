using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ChainWatch.TestInfrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Deploy.Tests;

/// <summary>nginx with the configuration of deploy/nginx, on ports of the loopback address, with a certificate of its own, in front of a server that tells what it was asked.</summary>
public sealed class NginxDoor : IAsyncLifetime
{
    /// <summary>Fatal, protocol_version: what a server answers that does not speak the version it was offered (RFC 5246, 7.2).</summary>
    public const string ProtocolVersionAlert = "0246";

    private readonly string _folder = Directory.CreateTempSubdirectory("chainwatch-nginx-").FullName;
    private string _thumbprint = "";
    private WebApplication? _behind;
    private ChildProcess? _nginx;

    /// <summary>A user of htpasswd.</summary>
    public static AuthenticationHeaderValue Known { get; } = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("operator:secret")));

    public int PlainPort { get; } = FreePort.Next();

    public int TlsPort { get; } = FreePort.Next();

    /// <summary>What nginx is started with: one process, that goes when the test ends it.</summary>
    public IReadOnlyList<string> Arguments =>
        ["-p", _folder, "-e", Path.Combine(_folder, "error.log"), "-c", Path.Combine(_folder, "nginx.conf"), "-g", $"daemon off; master_process off;{(Environment.IsPrivilegedProcess ? " user root;" : "")}"];

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _behind = builder.Build();
        _behind.UseWebSockets();
        _behind.Run(AnswerAsync);
        await _behind.StartAsync();

        WriteCertificate();
        await File.WriteAllTextAsync(Path.Combine(_folder, "htpasswd"), "operator:{PLAIN}secret\n");
        string text = Repository.Read("deploy", "nginx", "nginx.conf");
        foreach ((string there, string here) in ((string, string)[])
        [
            ("/tmp/", $"{_folder}/"), // before the others, which bring it in again
            ("/run/secrets/", $"{_folder}/"),
            ("/dev/stdout", $"{_folder}/access.log"),
            ("/dev/stderr", $"{_folder}/error.log"),
            ("listen 8080;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{PlainPort};")),
            ("listen 8443 ssl;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{TlsPort} ssl;")),
            ("http://monitor:8080", _behind.Urls.Single()),
            ("worker_processes auto;", "worker_processes 1;"),
        ])
        {
            text.Contains(there, StringComparison.Ordinal).ShouldBeTrue($"nginx.conf has no '{there}'");
            text = text.Replace(there, here, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "nginx.conf"), text);
        _nginx = ChildProcess.Start(Tool.Find("nginx"), Arguments);
        await Eventually.BecomesTrueAsync(_ => AnswersAsync(), TimeSpan.FromSeconds(30), () => $"nginx does not answer: {_nginx.Output}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_nginx is not null)
        {
            await _nginx.DisposeAsync();
        }

        if (_behind is not null)
        {
            await _behind.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A client of the TLS port, from an address of its own where one is given: limits count by address.</summary>
    public HttpClient Client(IPAddress? from = null) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => IsOwn(certificate) },
        ConnectCallback = async (context, cancellationToken) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(from ?? IPAddress.Loopback, 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri($"https://127.0.0.1:{TlsPort}"),
    };

    /// <summary>Whether a certificate is the one that this nginx was given.</summary>
    public bool IsOwn(X509Certificate? certificate) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == _thumbprint;

    /// <summary>The log, once a request stands in it.</summary>
    public async Task<string> LogAsync(string path, CancellationToken cancellationToken)
    {
        string log = "";
        await Eventually.BecomesTrueAsync(
            async stop => (log = await File.ReadAllTextAsync(Path.Combine(_folder, "access.log"), stop)).Contains(path, StringComparison.Ordinal),
            TimeSpan.FromSeconds(30),
            () => log,
            cancellationToken);
        return log;
    }

    /// <summary>Offers TLS 1.1 and nothing else; the level and description of the alert that comes back, in hex.</summary>
    public async Task<string> HelloOfTls11Async(CancellationToken cancellationToken)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, TlsPort, cancellationToken);

        // handshake(22) 3.1, length 47: client_hello(1), length 43, version 3.2, random, no session, one cipher suite (ECDHE-RSA-AES128-SHA), no compression.
        byte[] hello = [22, 3, 1, 0, 47, 1, 0, 0, 43, 3, 2, .. RandomNumberGenerator.GetBytes(32), 0, 0, 2, 0xC0, 0x13, 1, 0, 0, 0];
        await tcp.GetStream().WriteAsync(hello, cancellationToken);
        byte[] answer = new byte[7];
        await tcp.GetStream().ReadExactlyAsync(answer, cancellationToken);
        return answer[0] == 21 ? Convert.ToHexString(answer, 5, 2) : Convert.ToHexString(answer);
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[100];
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, endOfMessage: true, context.RequestAborted);
            await socket.ReceiveAsync(buffer, context.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            return;
        }

        await context.Response.WriteAsync(string.Concat(context.Request.Headers.Select(static header => $"{header.Key}: {header.Value}\n")));
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using TcpClient tcp = new();
            await tcp.ConnectAsync(IPAddress.Loopback, TlsPort);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void WriteCertificate()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        File.WriteAllText(Path.Combine(_folder, "tls.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
