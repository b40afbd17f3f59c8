using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary>The options that every command has.</summary>
internal static class CliOptions
{
    public static Option<FileInfo?> Config { get; } = new("--config", "-c")
    {
        Description = "The host's appsettings.json with its section ChainWatch. Environment variables (ChainWatch__...) go on top. Default: appsettings.json in the current folder, where there is one.",
        Recursive = true,
    };

    /// <summary>In front of the environment variables of another host that is compared with.</summary>
    public const string TherePrefix = "THERE_";

    public static Option<bool> Json { get; } = new("--json") { Description = "Prints JSON instead of a table.", Recursive = true };

    public static Option<string?> Actor { get; } = new("--actor")
    {
        Description = "Who does this, for the audit log. Default: the user that the terminal belongs to.",
        Recursive = true,
    };

    public static Argument<string> Chain { get; } = new("chain") { Description = "The chain's configured name." };

    public static Option<int> Limit { get; } = new("--limit") { Description = "How many at most.", DefaultValueFactory = static _ => 100 };
}
