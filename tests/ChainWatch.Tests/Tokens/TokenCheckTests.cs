using ChainWatch.Testing;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Tests;

/// <summary>What token contracts say is compared with the configuration: loudly, seldom, and without harm.</summary>
public sealed class TokenCheckTests
{
    private int _asked;

    [Fact]
    public void Other_decimals_than_configured_are_an_error_a_metric_and_a_state_and_the_chain_goes_on()
    {
        using SimulatedEngine engine = Create(engine => Found(engine, decimals: 18, symbol: "TOK"));
        using MetricRecorder metrics = new("ChainWatch", engine.MeterScope);
        engine.Start();
        engine.Chain.MineEmpty(5);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(10));

        LogEntry told = engine.Log.Of("TokenDecimalsDiffer").ShouldHaveSingleItem();
        told.Level.ShouldBe(LogLevel.Error);
        told.Message.ShouldContain("configured with 6 decimals");
        told.Message.ShouldContain("says 18");
        engine.Log.Of("TokenSymbolDiffers").ShouldBeEmpty();
        engine.Status.Tokens.ShouldHaveSingleItem().Contradicts.ShouldBeTrue();
        metrics.Observe();
        metrics.Last("chainwatch.token.contradicted", ("asset", "TOK")).ShouldBe(1);

        engine.Chain.MineEmpty(5);
        engine.CatchUp();
    }

    [Fact]
    public void What_agrees_is_not_told()
    {
        using SimulatedEngine engine = Create(engine => Found(engine, decimals: 6, symbol: "TOK"));
        using MetricRecorder metrics = new("ChainWatch", engine.MeterScope);
        Run(engine);

        engine.Log.Of("TokenDecimalsDiffer").ShouldBeEmpty();
        engine.Log.Of("TokenSaysNothing").ShouldBeEmpty();
        engine.Log.Of("TokenSymbolDiffers").ShouldBeEmpty();
        metrics.Observe();
        metrics.Last("chainwatch.token.contradicted", ("asset", "TOK")).ShouldBe(0);
    }

    [Fact]
    public void A_contract_that_says_nothing_is_a_warning_and_no_contradiction()
    {
        using SimulatedEngine engine = Create(engine => Found(engine, decimals: null, symbol: null));
        Run(engine);

        engine.Log.Of("TokenSaysNothing").ShouldHaveSingleItem().Level.ShouldBe(LogLevel.Warning);
        engine.Status.Tokens.ShouldHaveSingleItem().Contradicts.ShouldBeFalse();
    }

    [Fact]
    public void Another_symbol_is_told_and_no_more()
    {
        using SimulatedEngine engine = Create(engine => Found(engine, decimals: 6, symbol: "OTHER"));
        Run(engine);

        engine.Log.Of("TokenSymbolDiffers").ShouldHaveSingleItem().Level.ShouldBe(LogLevel.Information);
        engine.Log.Of("TokenDecimalsDiffer").ShouldBeEmpty();
    }

    [Fact]
    public void It_is_asked_once_after_the_first_commit_and_once_a_day()
    {
        long? committed = null;
        using SimulatedEngine engine = Create(engine =>
        {
            committed ??= engine.Cursor?.Height ?? -1;
            return Found(engine, decimals: 6, symbol: "TOK");
        });
        engine.Chain.MineEmpty(5);
        Run(engine);
        engine.Scheduler.Advance(TimeSpan.FromHours(1));

        _asked.ShouldBe(1);
        committed.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(0, "a chain that nobody follows is waited for");
        engine.Scheduler.Advance(TimeSpan.FromHours(24));
        _asked.ShouldBe(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_cannot_be_read_is_tried_again_later_and_ends_no_term(bool throws)
    {
        using SimulatedEngine engine = Create(engine => _asked switch
        {
            < 4 when throws => throw new InvalidOperationException("a fault of the test"),
            < 4 => Answer<IReadOnlyList<TokenMetadata>>.Unknown("nobody answers"),
            _ => Found(engine, decimals: 18, symbol: "TOK"),
        });
        Run(engine);
        long term = engine.Status.Term;
        engine.Log.Of("TokensNotRead").ShouldHaveSingleItem();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(30 + 60 + 120));

        _asked.ShouldBe(4);
        engine.Log.Of("TokenDecimalsDiffer").ShouldHaveSingleItem();
        engine.Status.Term.ShouldBe(term);
        engine.Status.Leading.ShouldBeTrue();
    }

    private static void Run(SimulatedEngine engine)
    {
        engine.Start();
        engine.Chain.MineEmpty(3);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(10));
    }

    private static Answer<IReadOnlyList<TokenMetadata>> Found(SimulatedEngine engine, int? decimals, string? symbol) =>
        Answer<IReadOnlyList<TokenMetadata>>.Found([new TokenMetadata { Asset = engine.Chain.Token, Decimals = decimals, Symbol = symbol }]);

    private SimulatedEngine Create(Func<SimulatedEngine, Answer<IReadOnlyList<TokenMetadata>>> read)
    {
        SimulatedEngine engine = new();
        engine.ReadTokensBy(() =>
        {
            _asked++;
            return read(engine);
        });
        return engine;
    }
}
