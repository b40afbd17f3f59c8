using System.Globalization;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor with a configuration that is wrong: it ends at once and says what is wrong, once.</summary>
public sealed class ConfigurationTests
{
    private const string Chain = "ChainWatch:Chains:ethereum";
    private const int BadConfiguration = 78;

    public static TheoryData<string, string, string?, string[]> Faults => new()
    {
        { "bad URL", $"{Chain}:Endpoints:0:Url", "not a url", [$"{Chain}:Endpoints:0:Url"] },
        { "unknown kind", $"{Chain}:Kind", "evn", [$"{Chain}:Kind", "evn", "evm"] },
        { "bad address", $"{Chain}:Addresses:0", "0x1234", [$"{Chain}:Addresses:0", "0x1234"] },
        { "address with a wrong checksum", $"{Chain}:Addresses:0", "0x5aAeb6053f3E94C9b9A09f33669435E7Ef1BeAed", [$"{Chain}:Addresses:0", "0x5aAeb6053f3E94C9b9A09f33669435E7Ef1BeAed"] },
        { "missing connection string", "ChainWatch:Postgres:ConnectionString", null, ["ChainWatch:Postgres:ConnectionString"] },
        { "negative confirmations", $"{Chain}:Confirmations", "-1", [$"{Chain}:Confirmations", "-1"] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_wrong_setting_ends_it_with_exit_code_78_and_a_message_that_names_path_and_value(string fault, string path, string? value, string[] named)
    {
        var settings = Settings();
        settings[path] = value;
        await ShouldRefuseAsync(fault, settings, named);
    }

    [Fact]
    public async Task An_endpoint_name_that_is_given_twice_ends_it_with_exit_code_78()
    {
        var settings = Settings();
        settings[$"{Chain}:Endpoints:0:Name"] = "first";
        settings[$"{Chain}:Endpoints:1:Url"] = "http://127.0.0.1:9";
        settings[$"{Chain}:Endpoints:1:Name"] = "first";
        await ShouldRefuseAsync("endpoint name twice", settings, [$"{Chain}:Endpoints:1:Name", "first"]);
    }

    [Fact]
    public async Task A_chain_that_the_file_names_twice_ends_it_with_exit_code_78()
    {
        // Only a file can: of two equal variables one is lost before anybody can see it.
        var folder = Directory.CreateTempSubdirectory("chainwatch-monitor-");
        try
        {
            var program = SamplePrograms.PathOf("DepositMonitor");
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(program)!))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "appsettings.json"),
                """{ "ChainWatch": { "Chains": { "ethereum": { "Kind": "evm" }, "Ethereum": { "Kind": "evm" } } } }""");
            await using var monitor = new DepositMonitorHost(Settings(), Path.Combine(folder.FullName, "DepositMonitor"));
            await ShouldRefuseAsync("chain twice", monitor, ["ChainWatch:Chains:Ethereum", "duplicate", "appsettings.json"]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Dictionary<string, string?> Settings() => new(StringComparer.Ordinal)
    {
        ["ChainWatch:Postgres:ConnectionString"] = "Host=127.0.0.1;Port=9;Username=nobody;Password=topsecret",
        [$"{Chain}:Kind"] = "evm",
        [$"{Chain}:Endpoints:0:Url"] = "http://127.0.0.1:9/v1/topsecret",
        [$"{Chain}:Addresses:0"] = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    };

    private static async Task ShouldRefuseAsync(string fault, Dictionary<string, string?> settings, string[] named)
    {
        await using var monitor = new DepositMonitorHost(settings);
        await ShouldRefuseAsync(fault, monitor, named);
    }

    private static async Task ShouldRefuseAsync(string fault, DepositMonitorHost monitor, string[] named)
    {
        monitor.Start();
        (await monitor.WaitForExitAsync()).ShouldBe(BadConfiguration, monitor.Output);
        var output = monitor.Output;
        Effort.Say(string.Create(CultureInfo.InvariantCulture, $"{fault}: {output}"));
        foreach (var word in named)
        {
            output.ShouldContain(word);
        }

        // One message: not a stack of frames, not the same thing twice, and nothing secret.
        output.ShouldNotContain("   at ");
        output.ShouldNotContain("topsecret");
        output.Split('\n').Count(line => line.Contains(named[0], StringComparison.Ordinal)).ShouldBe(1, output);
    }
}
