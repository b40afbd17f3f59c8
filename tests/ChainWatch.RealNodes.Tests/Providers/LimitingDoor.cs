using System.Globalization;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>nginx in front of a node, as a provider has it: with an answer 429 and Retry-After to everything above a rate.</summary>
internal sealed class LimitingDoor : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chainwatch-limit-").FullName;
    private ChildProcess? _nginx;

    public string Url { get; } = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");

    public static async Task<LimitingDoor> StartAsync(string node, int perSecond, int burst)
    {
        var door = new LimitingDoor();
        var folder = door._folder;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "nginx.conf"),
            $$"""
            worker_processes 1;
            pid {{folder}}/pid;
            events { worker_connections 256; }
            http {
              access_log {{folder}}/access.log combined;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              limit_req_zone $server_port zone=all:1m rate={{perSecond}}r/s;
              limit_req_status 429;
              server {
                listen {{door.Url["http://".Length..]}};
                location / {
                  limit_req zone=all burst={{burst}} nodelay;
                  error_page 429 = @limited;
                  proxy_pass {{node}};
                }
                location @limited {
                  add_header Retry-After 1 always;
                  return 429 "too many requests";
                }
              }
            }
            """);
        door._nginx = ChildProcess.Start(
            Program,
            ["-p", folder, "-e", Path.Combine(folder, "error.log"), "-c", Path.Combine(folder, "nginx.conf"), "-g", $"daemon off; master_process off;{(Environment.IsPrivilegedProcess ? " user root;" : "")}"]);
        using var http = new HttpClient();
        await Eventually.BecomesTrueAsync(
            async stop =>
            {
                using var answer = await http.GetAsync(new Uri(door.Url), stop);
                return true;
            },
            TimeSpan.FromSeconds(30),
            () => $"nginx does not answer: {door._nginx.Output}");
        return door;
    }

    /// <summary>How many requests it let through, and how many it refused.</summary>
    public async Task<(int Passed, int Refused)> CountAsync()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(_folder, "access.log"));
        var refused = lines.Count(static line => line.Contains("\" 429 ", StringComparison.Ordinal));
        return (lines.Length - refused, refused);
    }

    public async ValueTask DisposeAsync()
    {
        if (_nginx is not null)
        {
            await _nginx.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static string Program => new[] { TestTools.PathOf("bin", "nginx"), "/usr/sbin/nginx" }.FirstOrDefault(File.Exists) ??
        throw new InvalidOperationException("There is no nginx on this machine: run eng/provision.sh, which fetches it.");
}
