using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Tests;

public sealed class PaymentHandlersTests
{
    private readonly List<string> _calls = [];

    [Fact]
    public async Task Handlers_run_in_their_order_in_one_scope_for_each_delivery()
    {
        await using ServiceProvider services = Services();
        PaymentHandlers handlers = new(services.GetRequiredService<IServiceScopeFactory>(), [typeof(First), typeof(Second)]);
        await handlers.HandleAsync(context: null!, TestContext.Current.CancellationToken);
        await handlers.HandleAsync(context: null!, TestContext.Current.CancellationToken);
        _calls.ShouldBe(["first 1", "second 1", "disposed 1", "first 2", "second 2", "disposed 2"]);
    }

    [Fact]
    public async Task After_a_failure_no_further_handler_runs_and_the_scope_is_closed()
    {
        await using ServiceProvider services = Services();
        PaymentHandlers handlers = new(services.GetRequiredService<IServiceScopeFactory>(), [typeof(First), typeof(Failing), typeof(Second)]);
        await Should.ThrowAsync<InvalidOperationException>(() => handlers.HandleAsync(context: null!, TestContext.Current.CancellationToken));
        _calls.ShouldBe(["first 1", "disposed 1"]);
    }

    private ServiceProvider Services() => new ServiceCollection()
        .AddSingleton(_calls)
        .AddSingleton<Counter>()
        .AddScoped<Unit>()
        .AddScoped<First>()
        .AddScoped<Second>()
        .AddTransient<Failing>()
        .BuildServiceProvider();

    private sealed class Counter
    {
        public int Last { get; set; }
    }

    private sealed class Unit(Counter counter, List<string> calls) : IDisposable
    {
        public int Number { get; } = ++counter.Last;

        public void Dispose() => calls.Add($"disposed {Number}");
    }

    private sealed class First(Unit unit, List<string> calls) : IPaymentHandler
    {
        public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
        {
            calls.Add($"first {unit.Number}");
            return Task.CompletedTask;
        }
    }

    private sealed class Second(Unit unit, List<string> calls) : IPaymentHandler
    {
        public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
        {
            calls.Add($"second {unit.Number}");
            return Task.CompletedTask;
        }
    }

    private sealed class Failing : IPaymentHandler
    {
        public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken) => throw new InvalidOperationException("no");
    }
}
