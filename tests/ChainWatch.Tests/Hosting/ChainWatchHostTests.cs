using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Tests;

/// <summary>Standard error and the exit code belong to the whole process, so these tests do not run side by side with others.</summary>
[Collection(nameof(ChainWatchHostTests))]
[CollectionDefinition(nameof(ChainWatchHostTests), DisableParallelization = true)]
public sealed class ChainWatchHostTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TextWriter _before = Console.Error;
    private readonly StringWriter _error = new();

    public ChainWatchHostTests() => Console.SetError(_error);

    public void Dispose()
    {
        Console.SetError(_before);
        Environment.ExitCode = 0;
        _error.Dispose();
    }

    [Fact]
    public async Task A_host_that_is_told_to_stop_ends_with_0()
    {
        SimulatedChain chain = new("one", blockTime: TimeSpan.FromMilliseconds(400));
        Told told = new();
        IHost host = Build(chain, told);
        Task<int> running = host.RunChainWatchAsync(TestContext.Current.CancellationToken);
        await Live(host, chain);
        await told.Confirmed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        (await running.WaitAsync(Patience, TestContext.Current.CancellationToken)).ShouldBe(ChainWatchExitCode.Stopped);
        Environment.ExitCode.ShouldBe(0);
        _error.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_final_block_that_is_replaced_ends_the_process_with_70()
    {
        SimulatedChain chain = new("one", blockTime: TimeSpan.FromMilliseconds(400));
        Told told = new();
        IHost host = Build(chain, told);
        Task<int> running = host.RunChainWatchAsync(TestContext.Current.CancellationToken);
        await Live(host, chain);
        await told.Confirmed.WaitAsync(Patience, TestContext.Current.CancellationToken);
        chain.ReorgEmpty(depth: (int)chain.Head.Height, length: (int)chain.Head.Height + 5);
        (await running.WaitAsync(Patience, TestContext.Current.CancellationToken)).ShouldBe(ChainWatchExitCode.InvariantViolated);
        Environment.ExitCode.ShouldBe(ChainWatchExitCode.InvariantViolated);
        _error.ToString().ShouldNotBeEmpty();
        _error.ToString().ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Wrong_configuration_ends_with_78_before_anything_starts_and_with_one_line_for_each_error()
    {
        Starting starting = new();
        LogRecorder log = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Configuration.AddInMemoryCollection(
            [new("ChainWatch:Chains:one:Kind", "evm"), new("ChainWatch:Chains:one:Confirmations", "-1"), new("ChainWatch:Colour", "red")]);
        builder.Services.AddSingleton<IHostedService>(starting);
        builder.Services.AddSingleton<ILoggerFactory>(new LoggerFactory([log]));
        builder.Services.AddChainWatch(watch => watch.AddSimulated(new SimulatedChain("one")));
        (await builder.Build().RunChainWatchAsync(TestContext.Current.CancellationToken)).ShouldBe(ChainWatchExitCode.BadConfiguration);
        Environment.ExitCode.ShouldBe(ChainWatchExitCode.BadConfiguration);
        Lines().Length.ShouldBe(2);
        Lines()[0].ShouldStartWith("ChainWatch:Colour is not a setting of ChainWatch");
        Lines()[1].ShouldStartWith("ChainWatch:Chains:one:Confirmations is '-1'");
        starting.Started.ShouldBeFalse();
    }

    [Fact]
    public async Task A_settings_file_that_cannot_be_read_ends_with_78_and_one_line()
    {
        string file = Path.Combine(Path.GetTempPath(), $"chainwatch-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, """{ "ChainWatch": { "Instance": "a", "Instance": "b" } }""", TestContext.Current.CancellationToken);
        try
        {
            int code = await ChainWatchHost.RunAsync(
                () =>
                {
                    HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
                    builder.Configuration.AddJsonFile(file, optional: false);
                    return builder.Build();
                },
                TestContext.Current.CancellationToken);
            code.ShouldBe(ChainWatchExitCode.BadConfiguration);
            Lines().ShouldHaveSingleItem().ShouldContain("ChainWatch:Instance");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_host_without_ChainWatch_is_a_mistake_of_its_code()
    {
        IHost host = Host.CreateEmptyApplicationBuilder(settings: null).Build();
        (await Should.ThrowAsync<InvalidOperationException>(() => host.RunChainWatchAsync(TestContext.Current.CancellationToken))).Message.ShouldContain("AddChainWatch");
    }

    private static IHost Build(SimulatedChain chain, Told told)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(told);
        builder.Services.AddChainWatch(watch =>
        {
            watch.AddSimulated(chain, options => options.Confirmations = "finalized");
            watch.AddPaymentHandler<TellingHandler>();
        });
        return builder.Build();
    }

    /// <summary>Pays once, and makes the payment's block final.</summary>
    private static async Task Live(IHost host, SimulatedChain chain)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        IWatchlist watchlist = host.Services.GetRequiredService<IWatchlist>();
        ChainStatus status = host.Services.GetRequiredService<ChainRegistry>().Get("one").Status;
        await watchlist.AddAsync("one", SimulatedFormat.Address("a"), PaymentReference.For("order", "1"), cancellationToken);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        while (status.Cursor is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
        }

        MinedBlock paid = chain.Mine(chain.Pay(SimulatedFormat.Address("a"), 5));
        chain.MineEmpty(5);
        chain.MarkFinalized(paid.Height);
    }

    private string[] Lines() => _error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private sealed class Told
    {
        private readonly TaskCompletionSource _confirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Confirmed => _confirmed.Task;

        public void Tell(PaymentEventKind kind)
        {
            if (kind == PaymentEventKind.Confirmed)
            {
                _confirmed.TrySetResult();
            }
        }
    }

    private sealed class TellingHandler(Told told) : IPaymentHandler
    {
        public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
        {
            told.Tell(context.Kind);
            return Task.CompletedTask;
        }
    }

    private sealed class Starting : IHostedService
    {
        public bool Started { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Started = true;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
