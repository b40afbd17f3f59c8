using System.Diagnostics.Metrics;
using System.Globalization;
using System.Numerics;
using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Tests;

public sealed class WalletBalancesTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly ServiceProvider _services;
    private readonly WalletBalances _balances;
    private readonly MetricRecorder _recorder;

    public WalletBalancesTests()
    {
        ServiceCollection services = new();
        services.AddMetrics();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddChainWatch(watch => watch.AddSimulated(new SimulatedChain("one", seed: 1, _time, TimeSpan.FromSeconds(2))));
        _services = services.BuildServiceProvider();
        _balances = _services.GetRequiredService<WalletBalances>();
        _recorder = new MetricRecorder(ChainWatchTelemetry.MeterName, _services.GetRequiredService<IMeterFactory>());
    }

    public void Dispose()
    {
        _recorder.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void The_last_balance_reported_is_shown_in_whole_units_with_its_age()
    {
        _balances.Report("one", "hot", "USDC", 7, 6);
        _balances.Report("ONE", "hot", "USDC", BigInteger.Parse("123456789012345678901234500000", CultureInfo.InvariantCulture), 6);
        _balances.Report("one", "cold", "SIM", BigInteger.Zero, 0);
        _time.Advance(TimeSpan.FromSeconds(90));
        _recorder.Observe();
        _recorder.Last("chainwatch.wallet.balance", ("chain", "one"), ("wallet", "hot"), ("asset", "USDC"))!.Value.ShouldBe(123456789012345678901234.5, 1e10);
        _recorder.Last("chainwatch.wallet.balance", ("wallet", "cold")).ShouldBe(0);
        _recorder.Last("chainwatch.wallet.balance.age", ("wallet", "hot")).ShouldBe(90);
        _recorder.Of("chainwatch.wallet.balance").Count.ShouldBe(2);
    }

    [Fact]
    public void A_wallet_that_is_taken_away_is_shown_no_more()
    {
        _balances.Report("one", "hot", "SIM", 5, 0);
        _balances.Remove("one", "hot", "SIM").ShouldBeTrue();
        _balances.Remove("one", "hot", "SIM").ShouldBeFalse();
        _recorder.Observe();
        _recorder.Of("chainwatch.wallet.balance").ShouldBeEmpty();
        _recorder.Of("chainwatch.wallet.balance.age").ShouldBeEmpty();
    }

    [Fact]
    public void There_is_a_bound_and_what_is_shown_already_may_still_change()
    {
        for (int i = 0; i < WalletBalances.MaxBalances; i++)
        {
            _balances.Report("one", $"wallet-{i}", "SIM", 1, 0);
        }

        Should.Throw<InvalidOperationException>(() => _balances.Report("one", "one more", "SIM", 1, 0)).Message.ShouldContain("'one more' (SIM on one)");
        _balances.Report("one", "wallet-7", "SIM", 9, 0);
        _recorder.Observe();
        _recorder.Last("chainwatch.wallet.balance", ("wallet", "wallet-7")).ShouldBe(9);
        _recorder.Of("chainwatch.wallet.balance").Count.ShouldBe(WalletBalances.MaxBalances);
    }

    [Fact]
    public void What_cannot_be_right_is_refused()
    {
        Should.Throw<UnknownChainException>(() => _balances.Report("two", "hot", "SIM", 1, 0));
        Should.Throw<ArgumentException>(() => _balances.Report("one", " ", "SIM", 1, 0)).ParamName.ShouldBe("wallet");
        Should.Throw<ArgumentException>(() => _balances.Report("one", "hot", new string('X', 65), 1, 0)).ParamName.ShouldBe("asset");
        Should.Throw<ArgumentException>(() => _balances.Report("one", "a\nb", "SIM", 1, 0)).ParamName.ShouldBe("wallet");
        Should.Throw<ArgumentOutOfRangeException>(() => _balances.Report("one", "hot", "SIM", -1, 0)).ParamName.ShouldBe("amount");
        Should.Throw<ArgumentOutOfRangeException>(() => _balances.Report("one", "hot", "SIM", 1, 78)).ParamName.ShouldBe("decimals");
    }
}
