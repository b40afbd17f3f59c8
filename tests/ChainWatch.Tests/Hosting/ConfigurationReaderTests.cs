using Microsoft.Extensions.Configuration;

namespace ChainWatch.Tests;

public sealed class ConfigurationReaderTests
{
    private readonly ConfigurationErrors _errors = new();

    [Fact]
    public void What_is_not_set_is_null_and_no_error()
    {
        ConfigurationReader reader = Reader();
        reader.ReadText("A").ShouldBeNull();
        reader.ReadWhole("A").ShouldBeNull();
        reader.ReadNumber("A").ShouldBeNull();
        reader.ReadFlag("A").ShouldBeNull();
        reader.ReadDuration("A").ShouldBeNull();
        reader.ReadTexts("A").ShouldBeEmpty();
        reader.ReadItems("A").ShouldBeEmpty();
        reader.Close();
        _errors.Messages.ShouldBeEmpty();
    }

    [Fact]
    public void Values_are_read_without_regard_to_the_culture_of_the_machine()
    {
        ConfigurationReader reader = Reader(("Whole", "-3"), ("Number", "1.5"), ("Flag", "True"), ("Duration", "1.00:00:30"));
        reader.ReadWhole("whole").ShouldBe(-3);
        reader.ReadNumber("Number").ShouldBe(1.5);
        reader.ReadFlag("Flag").ShouldBe(true);
        reader.ReadDuration("Duration").ShouldBe(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(30));
        reader.Close();
        _errors.Messages.ShouldBeEmpty();
    }

    [Fact]
    public void Every_wrong_value_is_told_and_reading_goes_on()
    {
        ConfigurationReader reader = Reader(("Whole", "twelve"), ("Number", "1,5"), ("Flag", "yes"), ("Duration", "30"), ("Big", "99999999999"));
        reader.ReadWhole("Whole").ShouldBeNull();
        reader.ReadNumber("Number").ShouldBeNull();
        reader.ReadFlag("Flag").ShouldBeNull();
        reader.ReadDuration("Duration").ShouldBeNull();
        reader.ReadWhole("Big").ShouldBeNull();
        _errors.Messages.ShouldBe(
        [
            "Top:Whole is 'twelve': it must be a whole number.",
            "Top:Number is '1,5': it must be a number.",
            "Top:Flag is 'yes': it must be true or false.",
            "Top:Duration is '30': it must be a duration as hours:minutes:seconds, like 00:00:30.",
            "Top:Big is '99999999999': it must be a whole number.",
        ]);
    }

    [Fact]
    public void A_key_that_nobody_reads_is_told_with_the_nearest_one()
    {
        ConfigurationReader reader = Reader(("BatchSise", "1"), ("Colour", "red"));
        reader.ReadWhole("BatchSize");
        reader.ReadWhole("Parallelism");
        reader.Close();
        _errors.Messages.ShouldBe(
        [
            "Top:BatchSise is not a setting of ChainWatch: did you mean 'BatchSize'?",
            "Top:Colour is not a setting of ChainWatch: known here are BatchSize, Parallelism.",
        ]);
    }

    [Fact]
    public void A_key_that_is_read_elsewhere_is_no_error()
    {
        ConfigurationReader reader = Reader(("Chains:a:Kind", "evm"));
        reader.Skip("chains");
        reader.Close();
        _errors.Messages.ShouldBeEmpty();
    }

    [Fact]
    public void A_list_where_a_value_belongs_is_told_and_the_other_way_round()
    {
        ConfigurationReader reader = Reader(("Text:0", "a"), ("List", "a"), ("Objects:0", "a"), ("Object", "a"), ("Texts:0:Name", "a"));
        reader.ReadText("Text");
        reader.ReadTexts("List");
        reader.ReadItems("Objects");
        reader.ReadObject("Object").Close();
        reader.ReadTexts("Texts");
        _errors.Messages.ShouldBe(
        [
            "Top:Text is a list or an object: it must be a single value.",
            "Top:List is a single value: it must be a list.",
            "Top:Objects:0 is a single value: it must be an object with keys of its own.",
            "Top:Object is a single value: it must be an object with keys of its own.",
            "Top:Texts:0 is an object: it must be a text.",
        ]);
    }

    private ConfigurationReader Reader(params (string Key, string Value)[] values) => new(
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(static value => new KeyValuePair<string, string?>($"Top:{value.Key}", value.Value)))
            .Build()
            .GetSection("Top"),
        _errors);
}
