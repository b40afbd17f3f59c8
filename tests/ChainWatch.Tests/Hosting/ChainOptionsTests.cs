using System.Numerics;
using Microsoft.Extensions.Configuration;

namespace ChainWatch.Tests;

public sealed class ChainOptionsTests
{
    private static readonly Asset Coin = new() { Symbol = "ETH", Decimals = 18 };
    private readonly ConfigurationErrors _errors = new();

    [Fact]
    public void The_configuration_goes_on_top_of_the_code_and_lists_are_added_to()
    {
        ChainOptions options = Load(
            code =>
            {
                code.BatchSize = 7;
                code.Parallelism = 3;
                code.Endpoints.Add(new EndpointOptions { Url = "http://code.example" });
            },
            ("BatchSize", "8"),
            ("Endpoints:0:Url", "https://configuration.example/{key}"),
            ("Endpoints:0:ApiKeys:0", "k1"),
            ("Endpoints:0:RequestsPerSecond", "2.5"));
        _errors.Messages.ShouldBeEmpty();
        options.BatchSize.ShouldBe(8);
        options.Parallelism.ShouldBe(3);
        options.Endpoints.Select(endpoint => endpoint.Url).ShouldBe(["http://code.example", "https://configuration.example/{key}"]);
        options.Endpoints[1].ApiKeys.ShouldBe(["k1"]);
        options.Endpoints[1].RequestsPerSecond.ShouldBe(2.5);
    }

    [Theory]
    [InlineData("Endpoints:0:Url", "htp://node.example/secret", "Chain:Endpoints:0:Url is 'htp://node.example/…': it must be an absolute URL that begins with http:// or https:// or ws:// or wss://.")]
    [InlineData("Endpoints:0:Url", "", "Chain:Endpoints:0:Url is missing: give the URL of a node, like http://127.0.0.1:8545.")]
    [InlineData("Endpoints:0:WebSocketUrl", "http://node.example", "Chain:Endpoints:0:WebSocketUrl is 'http://node.example': it must be an absolute URL that begins with ws:// or wss://.")]
    [InlineData("Endpoints:0:RequestsPerSecond", "0", "Chain:Endpoints:0:RequestsPerSecond is '0': it must be above 0; leave it out for no limit.")]
    [InlineData("Endpoints:0:Burst", "0", "Chain:Endpoints:0:Burst is '0': it must be 1 or more.")]
    [InlineData("Endpoints:0:MinSpacing", "00:02:00", "Chain:Endpoints:0:MinSpacing is '00:02:00': it must be from 00:00:00 to 00:01:00.")]
    [InlineData("Endpoints:0:Quota", "0", "Chain:Endpoints:0:Quota is '0': it must be 1 or more; leave it out for no quota.")]
    [InlineData("Endpoints:0:QuotaWindow", "40.00:00:00", "Chain:Endpoints:0:QuotaWindow is '40.00:00:00': it must be from 00:00:01 to 31.00:00:00.")]
    [InlineData("Endpoints:0:Units:eth_call", "-1", "Chain:Endpoints:0:Units:eth_call is '-1': it must be from 0 to 1000000.")]
    [InlineData("Endpoints:0:LimitsPerKey", "true", "Chain:Endpoints:0:LimitsPerKey is 'true': it is about ApiKeys, and there are none; name them, or leave it out.")]
    [InlineData("Endpoints:0:MaxConcurrency", "1001", "Chain:Endpoints:0:MaxConcurrency is '1001': it must be from 1 to 1000.")]
    [InlineData("Endpoints:0:Timeout", "00:00:00", "Chain:Endpoints:0:Timeout is '00:00:00': it must be longer than zero.")]
    [InlineData("Endpoints:0:MaxResponseBytes", "10", "Chain:Endpoints:0:MaxResponseBytes is '10': it must be 1048576 or more.")]
    [InlineData("Endpoints:0:Speed", "10", "Chain:Endpoints:0:Speed is not a setting of ChainWatch: known here are Name, Url, WebSocketUrl, ApiKeys, CredentialsFile, RequestsPerSecond, Burst, MinSpacing, Quota, QuotaWindow, Units, LimitsPerKey, MaxConcurrency, Timeout, MaxResponseBytes.")]
    [InlineData("Confirmations", "-3", "Chain:Confirmations is '-3': it must be a number of blocks from 1 up, 'safe' or 'finalized'.")]
    [InlineData("Confirmations", "0", "Chain:Confirmations is '0': it must be a number of blocks from 1 up, 'safe' or 'finalized'.")]
    [InlineData("StartAt", "-1", "Chain:StartAt is '-1': it must be 'latest' or a height from 0 up.")]
    [InlineData("BatchSize", "0", "Chain:BatchSize is '0': it must be from 1 to 10000.")]
    [InlineData("Parallelism", "65", "Chain:Parallelism is '65': it must be from 1 to 64.")]
    [InlineData("FinalityDepth", "-1", "Chain:FinalityDepth is '-1': it must be 1 or more.")]
    [InlineData("EventTimeout", "-00:00:01", "Chain:EventTimeout is '-00:00:01': it must be longer than zero.")]
    [InlineData("PollInterval", "100.00:00:00", "Chain:PollInterval is '100.00:00:00': it must be at most 24 days, which is what timers can count.")]
    [InlineData("ConfirmationRules:0:Confirmations", "soon", "Chain:ConfirmationRules:0:Confirmations is 'soon': it must be a number of blocks from 1 up, 'safe' or 'finalized'.")]
    [InlineData("ConfirmationRules:0:Asset", "DOGE", "Chain:ConfirmationRules:0:Asset is 'DOGE': it must be an asset of this chain, which are ETH.")]
    [InlineData("ConfirmationRules:0:UpTo", "-1", "Chain:ConfirmationRules:0:UpTo is '-1': it must be an amount of ETH in whole units with at most 18 decimal digits, like 1.5.")]
    public void Each_wrong_setting_is_told_with_path_value_and_rule(string key, string value, string error)
    {
        Dictionary<string, string> values = new() { ["Endpoints:0:Url"] = "http://127.0.0.1:8545" };
        if (key.StartsWith("ConfirmationRules", StringComparison.Ordinal))
        {
            values["ConfirmationRules:0:Asset"] = "ETH";
            values["ConfirmationRules:0:Confirmations"] = "2";
        }

        values[key] = value;
        ChainOptions options = Load(configure: null, [.. values.Select(pair => (pair.Key, pair.Value))]);
        options.CreateConfirmationPolicy([Coin], "Chain", _errors);
        _errors.Messages.ShouldBe([error]);
    }

    [Fact]
    public void A_chain_needs_an_endpoint()
    {
        Load(configure: null);
        _errors.Messages.ShouldBe(["Chain:Endpoints is missing: a chain needs at least one endpoint with a Url."]);
    }

    [Fact]
    public void Two_endpoints_of_one_name_are_refused()
    {
        Load(configure: null, ("Endpoints:0:Url", "http://a"), ("Endpoints:0:Name", "Main"), ("Endpoints:1:Url", "http://b"), ("Endpoints:1:Name", "main"));
        _errors.Messages.ShouldBe(["Chain:Endpoints:1:Name is 'main': each endpoint of a chain needs a name of its own."]);
    }

    [Fact]
    public void Rules_for_small_amounts_are_scaled_to_the_base_unit()
    {
        ChainOptions options = Load(
            configure: null,
            ("Endpoints:0:Url", "http://a"),
            ("Confirmations", "finalized"),
            ("ConfirmationRules:0:Asset", "ETH"),
            ("ConfirmationRules:0:UpTo", "0.25"),
            ("ConfirmationRules:0:Confirmations", "3"));
        ConfirmationPolicy policy = options.CreateConfirmationPolicy([Coin], "Chain", _errors);
        _errors.Messages.ShouldBeEmpty();
        policy.Otherwise.ShouldBe(Confirmation.Finalized);
        policy.Rules[0].UpTo.ShouldBe(BigInteger.Pow(10, 18) / 4);
        policy.Rules[0].Confirmation.ShouldBe(Confirmation.Blocks(3));
    }

    private ChainOptions Load(Action<ChainOptions>? configure, params (string Key, string Value)[] values) => ChainOptions.Load(
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(static value => new KeyValuePair<string, string?>($"Chain:{value.Key}", value.Value)))
            .Build()
            .GetSection("Chain"),
        configure,
        _errors);
}
