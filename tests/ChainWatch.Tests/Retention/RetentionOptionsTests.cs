using Microsoft.Extensions.Configuration;

namespace ChainWatch.Tests;

public sealed class RetentionOptionsTests
{
    [Fact]
    public void By_default_nothing_ever_goes()
    {
        RetentionOptions options = Read().Options;

        (options.Policy, options.BlocksLive, options.CoverageLives, options.EventsLive, options.ReconciliationsLive, options.Threshold).ShouldBe((RetentionPolicy.Disabled, null, null, null, null, null));
    }

    [Theory]
    [InlineData("normal", 90, 90, 365, 365)]
    [InlineData("Aggressive", 1, 1, 30, 30)]
    public void A_policy_has_its_ages_and_its_budget(string policy, int blocks, int coverage, int events, int reconciliations)
    {
        RetentionOptions options = Read(("Policy", policy)).Options;

        (options.BlocksLive, options.CoverageLives, options.EventsLive, options.ReconciliationsLive).ShouldBe(
            (TimeSpan.FromDays(blocks), TimeSpan.FromDays(coverage), TimeSpan.FromDays(events), TimeSpan.FromDays(reconciliations)));
        (options.Threshold, options.Target).ShouldBe((100_000_000_000, 80_000_000_000));
    }

    [Fact]
    public void Custom_is_what_is_said_and_nothing_else()
    {
        RetentionOptions options = Read(("Policy", "custom"), ("EventsAfter", "10.00:00:00"), ("DiskThreshold", "1.5 GB"), ("DiskTarget", "900MB"), ("ReconciliationsAfter", "20.00:00:00")).Options;

        (options.BlocksLive, options.CoverageLives, options.EventsLive, options.ReconciliationsLive, options.Threshold, options.Target).ShouldBe((null, null, TimeSpan.FromDays(10), TimeSpan.FromDays(20), 1_500_000_000, 900_000_000));
    }

    [Theory]
    [InlineData("Policy", "none", "ChainWatch:Retention:Policy is 'none': it must be disabled, normal, aggressive or custom.")]
    [InlineData("Policy", "1", "ChainWatch:Retention:Policy is '1': it must be disabled, normal, aggressive or custom.")]
    [InlineData("BlocksAfter", "00:10:00", "ChainWatch:Retention:BlocksAfter is '00:10:00': it must be from 01:00:00 to 36500.00:00:00.")]
    [InlineData("ReconciliationsAfter", "00:59:00", "ChainWatch:Retention:ReconciliationsAfter is '00:59:00': it must be from 01:00:00 to 36500.00:00:00.")]
    [InlineData("DiskThreshold", "lots", "ChainWatch:Retention:DiskThreshold is 'lots': it must be a size like 80GB, 500MB or a number of bytes.")]
    [InlineData("DiskThreshold", "10kB", "ChainWatch:Retention:DiskThreshold is '10000': it must be 1MB or more.")]
    [InlineData("DiskTarget", "200GB", "ChainWatch:Retention:DiskTarget is '200000000000': it must be from 0 to DiskThreshold, which is 100000000000.")]
    [InlineData("KeepBlocks", "-1", "ChainWatch:Retention:KeepBlocks is '-1': it must be 0 or more.")]
    public void What_is_wrong_is_told_with_its_place(string key, string value, string message)
    {
        (string, string)[] settings = key == "Policy" ? [(key, value)] : [("Policy", "normal"), (key, value)];

        Read(settings).Errors.ShouldContain(message);
    }

    [Theory]
    [InlineData("EventsAfter")]
    [InlineData("ReconciliationsAfter")]
    public void Ages_without_a_policy_are_refused(string key)
    {
        Read((key, "10.00:00:00")).Errors.ShouldHaveSingleItem().ShouldContain("Policy is 'disabled'");
    }

    private static (RetentionOptions Options, IReadOnlyList<string> Errors) Read(params (string Key, string Value)[] settings)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(static one => KeyValuePair.Create<string, string?>($"ChainWatch:Retention:{one.Key}", one.Value))).Build();
        ConfigurationErrors errors = new();
        ConfigurationReader reader = new(configuration.GetSection("ChainWatch:Retention"), errors);
        RetentionOptions options = new();
        options.Read(reader);
        reader.Close();
        options.Validate("ChainWatch:Retention", errors);
        return (options, errors.Messages);
    }
}
