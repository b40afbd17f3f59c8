using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChainWatch.Tests;

public sealed class AddChainWatchTests
{
    [Fact]
    public void A_second_call_is_refused()
    {
        ServiceCollection services = new();
        services.AddChainWatch(_ => { });
        Should.Throw<InvalidOperationException>(() => services.AddChainWatch(_ => { })).Message.ShouldContain("called twice");
    }

    [Fact]
    public void Chains_of_code_and_configuration_are_made_together()
    {
        using IHost host = Build(
            watch => watch.AddSimulated(new SimulatedChain("one")).AddTestKind(),
            ("Chains:two:Kind", "test"),
            ("Chains:two:Endpoints:0:Url", "http://127.0.0.1:1"),
            ("Chains:THREE:Kind", "TEST"),
            ("Chains:THREE:Endpoints:0:Url", "http://127.0.0.1:1"));
        ChainRegistry chains = host.Services.GetRequiredService<ChainRegistry>();
        chains.Chains.Select(chain => chain.Chain.Name).ShouldBe(["one", "three", "two"]);
        chains.Get("Two").Chain.Name.ShouldBe("two");
        Should.Throw<UnknownChainException>(() => chains.Get("four")).Message.ShouldContain("one, three, two");
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        IReadOnlyList<string> errors = Errors(
            watch =>
            {
                watch.AddTestKind();
                watch.AddSimulated(new SimulatedChain("Simulated")); // not a chain's name
                watch.AddSimulated(new SimulatedChain("one"));
                watch.AddSimulated(new SimulatedChain("one"));
                watch.AddSection("Store", (_, section) => throw new ChainWatchConfigurationException($"{section.Path}:ConnectionString is missing: give one."));
            },
            ("Chains:bad:Kind", "tset"),
            ("Chains:kindless:StartAt", "latest"),
            ("Chains:worse:Kind", "test"),
            ("Chains:worse:Confirmations", "-1"),
            ("Chains:worse:Endpoints:0:Url", "localhost:8545"),
            ("Chains:address:Kind", "test"),
            ("Chains:address:Endpoints:0:Url", "http://127.0.0.1:1"),
            ("Chains:address:Addresses:0", SimulatedFormat.Address("good")),
            ("Chains:address:Addresses:1", "nonsense"),
            ("Readiness:MaxLagBlocks", "-1"),
            ("Readiness:MinHealthyChainsRatio", "80"),
            ("Delivery:Parallelism", "many"),
            ("Leadership:TimeToLife", "00:00:05"),
            ("FailFast:CheckInterval", "00:09:00"),
            ("FailFast:CriticalTimeout", "00:01:00"),
            ("Postgrss:ConnectionString", "secret"));
        errors.ShouldBe(
            [
                "ChainWatch:Chains:Simulated: 'Simulated' is no name for a chain: it must have 1 to 64 characters of a–z, 0–9, '-', '_' and '.'.",
                "ChainWatch:Chains:one: chain 'one' is added twice: each chain needs a name of its own.",
                "ChainWatch:Chains:bad:Kind is 'tset': it must be a chain family of this host; known here are test (did you mean 'test'?).",
                "ChainWatch:Chains:kindless:Kind is missing: name the chain's family; known here are test.",
                "ChainWatch:Chains:worse:Confirmations is '-1': it must be a number of blocks from 1 up, 'safe' or 'finalized'.",
                "ChainWatch:Chains:worse:Endpoints:0:Url is 'localhost:8545': it must be an absolute URL that begins with http:// or https:// or ws:// or wss://.",
                "ChainWatch:Chains:address:Addresses:1: 'nonsense' does not begin with 'sim', as every address of a simulated chain does.",
                "ChainWatch:Readiness:MaxLagBlocks is '-1': it must be 0 or more.",
                "ChainWatch:Readiness:MinHealthyChainsRatio is '80': it must be from 0 to 1.",
                "ChainWatch:Delivery:Parallelism is 'many': it must be a whole number.",
                "ChainWatch:Leadership:TimeToLife is not a setting of ChainWatch: did you mean 'TimeToLive'?",
                "ChainWatch:FailFast:CheckInterval is '00:09:00': it must not be longer than CriticalTimeout, which is 00:01:00.",
                "ChainWatch:Postgrss is not a setting of ChainWatch: known here are Instance, Leadership, FailFast, Readiness, Delivery, Retention, Reconciliation, Balances, Chains, Store.",
                "ChainWatch:Store:ConnectionString is missing: give one.",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void A_host_without_chains_is_refused() =>
        Errors(_ => { }).ShouldBe(["ChainWatch:Chains is missing: there is no chain to watch; name at least one, with its Kind and Endpoints."]);

    [Fact]
    public void A_kind_that_contradicts_the_code_is_refused() =>
        Errors(watch => watch.AddSimulated(new SimulatedChain("one")), ("Chains:one:Kind", "evm"))
            .ShouldBe(["ChainWatch:Chains:one:Kind is 'evm': the host's code adds this chain as 'simulated'; leave it out or make it the same."]);

    [Fact]
    public void A_chain_named_twice_in_different_case_is_refused() =>
        Errors(
            watch => watch.AddTestKind(),
            ("Chains:one:Kind", "test"),
            ("Chains:One:Endpoints:0:Url", "http://127.0.0.1:1"))
            .ShouldBe(["ChainWatch:Chains:one: chain 'one' is there twice, as 'One' too, which differs only in case: each chain needs a name of its own."]);

    [Fact]
    public void What_the_lambda_finds_wrong_is_told_with_everything_else() =>
        Errors(_ => throw new ChainWatchConfigurationException("first"), ("Instnce", "x"))
            .ShouldBe(
                [
                    "first",
                    "ChainWatch:Instnce is not a setting of ChainWatch: did you mean 'Instance'?",
                    "ChainWatch:Chains is missing: there is no chain to watch; name at least one, with its Kind and Endpoints.",
                ]);

    [Fact]
    public void Options_come_from_code_with_the_configuration_on_top()
    {
        using IHost host = Build(
            watch =>
            {
                watch.AddSimulated(new SimulatedChain("one"));
                watch.Options.Instance = "code";
                watch.Options.Readiness.MaxLagBlocks = 5;
                watch.Options.Delivery.MaxAttempts = 3;
            },
            ("Instance", "configuration"),
            ("Delivery:MaxAttempts", "4"));
        ChainWatchOptions options = host.Services.GetRequiredService<ChainWatchOptions>();
        options.Instance.ShouldBe("configuration");
        options.Readiness.MaxLagBlocks.ShouldBe(5);
        options.Delivery.MaxAttempts.ShouldBe(4);
    }

    [Fact]
    public void A_handler_added_twice_is_refused_since_it_would_run_twice()
    {
        ServiceCollection services = new();
        Should.Throw<InvalidOperationException>(() => services.AddChainWatch(watch => watch.AddPaymentHandler<NoHandler>().AddPaymentHandler<NoHandler>()));
    }

    [Fact]
    public void A_store_of_the_host_takes_the_place_of_the_one_in_memory()
    {
        InMemoryWatchStore mine = new();
        using IHost host = Build(watch =>
        {
            watch.Services.AddSingleton<IWatchStore>(mine);
            watch.AddSimulated(new SimulatedChain("one"));
        });
        host.Services.GetRequiredService<IWatchStore>().ShouldBeSameAs(mine);
    }

    private static IReadOnlyList<string> Errors(Action<ChainWatchBuilder> configure, params (string Key, string Value)[] values)
    {
        using IHost host = Build(configure, values);
        return Should.Throw<ChainWatchConfigurationException>(() => host.Services.GetRequiredService<ChainRegistry>()).Errors;
    }

    private static IHost Build(Action<ChainWatchBuilder> configure, params (string Key, string Value)[] values)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Configuration.AddInMemoryCollection(values.Select(static value => new KeyValuePair<string, string?>($"ChainWatch:{value.Key}", value.Value)));
        builder.Services.AddChainWatch(configure);
        return builder.Build();
    }

    private sealed class NoHandler : IPaymentHandler
    {
        public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
