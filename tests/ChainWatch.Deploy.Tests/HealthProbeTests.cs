using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Deploy.Tests;

/// <summary>The health check of the container image: DepositMonitor itself, as a process.</summary>
public sealed class HealthProbeTests
{
    [Fact]
    public async Task It_ends_with_0_where_the_instance_is_healthy_and_with_1_where_it_is_not_or_does_not_answer()
    {
        int status = StatusCodes.Status200OK;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();
        app.MapGet("/health", (HttpContext context) =>
        {
            context.Response.StatusCode = status;
            return "what it says";
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        string port = new Uri(app.Urls.Single()).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        (await ProbeAsync(port)).ShouldBe((0, "what it says"));
        status = StatusCodes.Status503ServiceUnavailable;
        (await ProbeAsync(port)).ShouldBe((1, "what it says"));
        await app.StopAsync(TestContext.Current.CancellationToken);
        (await ProbeAsync(port)).ExitCode.ShouldBe(1);
    }

    private static async Task<(int ExitCode, string Said)> ProbeAsync(string port)
    {
        DirectoryInfo own = new(AppContext.BaseDirectory);
        ProcessStartInfo start = new(Path.Combine(own.Parent!.Parent!.FullName, "DepositMonitor", own.Name, "DepositMonitor"), ["--health"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_HTTP_PORTS"] = port;
        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, said.Trim());
    }
}
