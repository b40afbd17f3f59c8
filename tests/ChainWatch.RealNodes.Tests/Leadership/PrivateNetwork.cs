using System.Diagnostics;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// A network of a test's own, in which packets can be dropped without anybody else noticing: a test starts itself again in a network namespace, and all that it starts there
/// has a loopback device of its own.
/// </summary>
internal static class PrivateNetwork
{
    private const string Variable = "CHAINWATCH_TEST_NETWORK";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(Effort.IsLong ? 30 : 5);

    /// <summary>Whether this process is in one.</summary>
    public static bool IsHere => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Whether the kernel, and who runs this, allow it.</summary>
    public static async Task<bool> IsPossibleAsync()
    {
        try
        {
            await using var attempt = ChildProcess.Start("unshare", ["--net", "sh", "-c", "ip link set lo up && nft list ruleset"], SystemPath);
            return await attempt.WaitForExitAsync() == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Runs a test of this assembly once more, inside.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string testClass)
    {
        var program = Path.Combine(AppContext.BaseDirectory, typeof(PrivateNetwork).Assembly.GetName().Name!);
        var environment = new Dictionary<string, string?>(SystemPath, StringComparer.Ordinal) { [Variable] = "1" };
        await using var inside = ChildProcess.Start(
            "unshare", ["--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", program, "-noLogo", "-noColor", "-showLiveOutput", "-class", testClass], environment);
        using var patience = new CancellationTokenSource(Patience);
        var code = await inside.WaitForExitAsync(patience.Token);
        code.ShouldBe(0, inside.Output);
        return inside.Output;
    }

    /// <summary>Drops every packet to and from an address, in both directions, and tells nobody.</summary>
    public static Task CutAsync(string address) => FilterAsync(
        $"table inet cut {{ chain out {{ type filter hook output priority 0; ip daddr {address} drop; ip saddr {address} drop; }}; }}");

    /// <summary>Lets every packet pass again.</summary>
    public static Task HealAsync() => FilterAsync("delete table inet cut");

    private static Dictionary<string, string?> SystemPath { get; } = new(StringComparer.Ordinal) { ["PATH"] = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin" };

    private static async Task FilterAsync(string rules)
    {
        // Anywhere else this would cut the machine's own network.
        IsHere.ShouldBeTrue();
        await using var nft = ChildProcess.Start("nft", [rules], SystemPath);
        (await nft.WaitForExitAsync()).ShouldBe(0, nft.Output);
    }
}
