using System.Diagnostics;

namespace ChainWatch.Deploy.Tests;

/// <summary>Configuration that an orchestrator mounts as files, read by DepositMonitor as a process. Exit code 78 and its message show what was read.</summary>
public sealed class SecretFilesTests
{
    private const string Kind = "ChainWatch__Chains__ethereum__Kind";

    [Fact]
    public async Task A_file_is_read_under_its_name_without_the_line_end_that_editors_leave()
    {
        (int code, string error) = await RunAsync(secret: "nonsense\n", variable: null);
        code.ShouldBe(78);
        error.ShouldContain("ChainWatch:Chains:ethereum:Kind is 'nonsense'");
    }

    [Fact]
    public async Task The_environment_wins_over_a_file()
    {
        (int code, string error) = await RunAsync(secret: "nonsense\n", variable: "evm");
        code.ShouldBe(78);
        error.ShouldNotContain("nonsense");
        error.ShouldContain("ChainWatch:Chains:ethereum:Endpoints");
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(string secret, string? variable)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("chainwatch-secrets-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, Kind), secret, TestContext.Current.CancellationToken);
            DirectoryInfo own = new(AppContext.BaseDirectory);
            ProcessStartInfo start = new(Path.Combine(own.Parent!.Parent!.FullName, "DepositMonitor", own.Name, "DepositMonitor")) { RedirectStandardError = true, RedirectStandardOutput = true };
            start.Environment["CHAINWATCH_SECRETS"] = folder.FullName;
            if (variable is not null)
            {
                start.Environment[Kind] = variable;
            }

            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await output;
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
