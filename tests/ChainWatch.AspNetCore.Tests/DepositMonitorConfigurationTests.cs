namespace ChainWatch.AspNetCore.Tests;

/// <summary>samples/DepositMonitor, really started with a wrong configuration: exit code 78, and on standard error one line for each error and nothing else.</summary>
public sealed class DepositMonitorConfigurationTests
{
    private const string Chain = "ChainWatch:Chains:ethereum";

    private static readonly Dictionary<string, string> Sound = new()
    {
        ["ChainWatch:Postgres:ConnectionString"] = "Host=127.0.0.1;Port=1;Database=none;Username=none;Password=top-secret",
        [$"{Chain}:Kind"] = "evm",
        [$"{Chain}:Endpoints:0:Url"] = "http://127.0.0.1:1/top-secret",
    };

    [Theory]
    [InlineData($"{Chain}:Endpoints:0:Url", "127.0.0.1:8545/top-secret", $"{Chain}:Endpoints:0:Url is '127.0.0.1:8545/…': it must be an absolute URL that begins with ")]
    [InlineData($"{Chain}:Endpoints:0:WebSocketUrl", "http://127.0.0.1:8546", $"{Chain}:Endpoints:0:WebSocketUrl is 'http://127.0.0.1:8546': it must be an absolute URL that begins with ws://")]
    [InlineData($"{Chain}:Kind", "evn", $"{Chain}:Kind is 'evn': it must be a chain family of this host; known here are bitcoin, blockbook, cardano, evm, xrpl (did you mean 'evm'?).")]
    [InlineData($"{Chain}:Addresses:0", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", $"{Chain}:Addresses:0: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe' ")]
    [InlineData($"{Chain}:Confirmations", "-12", $"{Chain}:Confirmations is '-12': it must be a number of blocks from 1 up, 'safe' or 'finalized'.")]
    [InlineData($"{Chain}:Confirmtions", "12", $"{Chain}:Confirmtions is not a setting of ChainWatch: did you mean 'Confirmations'?")]
    [InlineData("ChainWatch:Postgres:ConnectionString", "", "ChainWatch:Postgres:ConnectionString is missing: ")]
    [InlineData("ChainWatch:Postgres:ConnectionString", "nonsense top-secret", "ChainWatch:Postgres:ConnectionString is not a connection string")]
    [InlineData("ChainWatch:Chains:Ethereum:StartAt", "0", "ChainWatch:Chains:ethereum: chain 'ethereum' is there twice, as 'Ethereum' too, which differs only in case")]
    public async Task A_wrong_setting_stops_it_with_78_and_one_line(string key, string value, string error)
    {
        SampleProcess monitor = await RunAsync(new Dictionary<string, string>(Sound) { [key] = value });
        monitor.ExitCode.ShouldBe(ChainWatchExitCode.BadConfiguration, monitor.Error);
        monitor.ErrorLines.ShouldHaveSingleItem().ShouldStartWith(error);
        monitor.Output.ShouldBeEmpty();
        monitor.Error.ShouldNotContain("top-secret");
    }

    [Fact]
    public async Task All_errors_are_told_at_once()
    {
        SampleProcess monitor = await RunAsync(new Dictionary<string, string>
        {
            [$"{Chain}:Kind"] = "evm",
            [$"{Chain}:Endpoints:0:Url"] = "htp://node",
            [$"{Chain}:Confirmations"] = "-1",
            ["ChainWatch:Chains:other:Kind"] = "solana",
            ["ChainWatch:Readines:MaxLagBlocks"] = "1",
        });
        monitor.ExitCode.ShouldBe(ChainWatchExitCode.BadConfiguration);
        monitor.ErrorLines.Select(line => line.Split(' ')[0]).ShouldBe(
            [
                "ChainWatch:Readines",
                "ChainWatch:Postgres:ConnectionString",
                $"{Chain}:Endpoints:0:Url",
                $"{Chain}:Confirmations",
                "ChainWatch:Chains:other:Kind",
            ],
            ignoreOrder: true);
        monitor.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_settings_file_that_names_a_chain_twice_is_told_in_one_line()
    {
        string environment = $"Test{Guid.NewGuid():N}";
        string file = Path.Combine(SampleProcess.FolderOf("DepositMonitor"), $"appsettings.{environment}.json");
        await File.WriteAllTextAsync(
            file,
            """{ "ChainWatch": { "Chains": { "ethereum": { "Kind": "evm" }, "Ethereum": { "Kind": "evm" } } } }""",
            TestContext.Current.CancellationToken);
        try
        {
            SampleProcess monitor = await RunAsync(new Dictionary<string, string>(Sound) { ["DOTNET_ENVIRONMENT"] = environment });
            monitor.ExitCode.ShouldBe(ChainWatchExitCode.BadConfiguration);
            monitor.ErrorLines.ShouldHaveSingleItem().ShouldContain("'ChainWatch:Chains:Ethereum:Kind'");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Without_any_configuration_it_says_what_it_needs()
    {
        SampleProcess monitor = await RunAsync([]);
        monitor.ExitCode.ShouldBe(ChainWatchExitCode.BadConfiguration);
        monitor.ErrorLines.Length.ShouldBe(2);
        monitor.Error.ShouldContain("ChainWatch:Postgres:ConnectionString is missing");
        monitor.Error.ShouldContain("ChainWatch:Chains is missing");
    }

    private static Task<SampleProcess> RunAsync(Dictionary<string, string> environment) =>
        SampleProcess.RunAsync("DepositMonitor", ["--urls", "http://127.0.0.1:0"], environment.Select(pair => (pair.Key, pair.Value)));
}
