using System.CommandLine;
using System.Text.Json.Nodes;

namespace ChainWatch.Cli.Tests;

/// <summary>One run of the tool, and what it printed.</summary>
internal sealed class CliRun
{
    private CliRun(int exitCode, string output, string errors)
    {
        ExitCode = exitCode;
        Output = output;
        Errors = errors;
    }

    public int ExitCode { get; }

    public string Output { get; }

    public string Errors { get; }

    /// <summary>The output as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Output)!;

    public static async Task<CliRun> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter errors = new();
        InvocationConfiguration configuration = new() { Output = output, Error = errors };
        int exitCode = await ChainWatchCommand.Create().Parse(arguments).InvokeAsync(configuration, TestContext.Current.CancellationToken);
        return new CliRun(exitCode, output.ToString(), errors.ToString());
    }
}
