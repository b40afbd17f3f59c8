using System.Diagnostics;
using ChainWatch.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Tests;

/// <summary>One payment can be followed from the block's fetch to the handler, and nothing is made while nobody listens.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ChainWatchTracingTests
{
    [Fact]
    public void A_payment_is_followed_from_the_fetch_of_its_block_to_its_handler()
    {
        List<Activity> spans = [];
        using (Listen(spans))
        {
            RunOnePayment();
        }

        Activity handle = spans.First(span => span.OperationName == "chainwatch.handle");
        Activity payment = spans.First(span => span.OperationName == "chainwatch.payment" && span.TraceId == handle.TraceId);
        Tag(payment, "chainwatch.event.kind").ShouldBe("Detected");
        Tag(payment, "chainwatch.transaction.id").ShouldBe(Tag(handle, "chainwatch.transaction.id"));
        Tag(payment, "chainwatch.event.sequence").ShouldBe(Tag(handle, "chainwatch.event.sequence"));

        Activity commit = spans.Single(span => span.OperationName == "chainwatch.commit" && span.SpanId == payment.Links.ShouldHaveSingleItem().Context.SpanId);
        Tag(commit, "chainwatch.outcome").ShouldBe("Committed");
        Activity batch = spans.Single(span => span.OperationName == "chainwatch.batch" && span.SpanId == commit.ParentSpanId);
        Activity fetch = spans.Single(span => span.OperationName == "chainwatch.fetch" && span.SpanId == batch.Links.ShouldHaveSingleItem().Context.SpanId);
        Tag(fetch, "chainwatch.outcome").ShouldBe("Found");
        Tag(fetch, "chainwatch.block.from").ShouldBe(Tag(payment, "chainwatch.block.height"));
        spans.ShouldAllBe(span => Equals(Tag(span, "chainwatch.chain"), "simulated"));
    }

    [Fact]
    public void All_that_happens_to_a_payment_is_one_trace_and_another_payment_is_another()
    {
        List<Activity> spans = [];
        using (Listen(spans))
        {
            RunOnePayment();
        }

        List<Activity> payments = [.. spans.Where(span => span.OperationName == "chainwatch.payment")];
        payments.Count.ShouldBe(2, "detected and confirmed");
        payments.Select(span => span.TraceId).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Nothing_is_made_while_nobody_listens()
    {
        ChainWatchTracing.IsOn.ShouldBeFalse();
        SimulatedChain chain = new();
        TracedBlockReader traced = new(chain.Chain, new StillReader());
        AddressSet nobody = AddressSet.Create(chain.Chain.Format.AddressKeyLength);
        await RunAsync(traced, chain.Chain, nobody, times: 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync(traced, chain.Chain, nobody, times: 1000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        // Everything is there at once, so all of it runs on this thread.
        static async ValueTask RunAsync(TracedBlockReader reader, Chain chain, AddressSet watched, int times)
        {
            for (int time = 0; time < times; time++)
            {
                await reader.ReadBlockAsync(default, watched, CancellationToken.None);
                await reader.ReadBlocksAsync(1, 1, watched, CancellationToken.None);
                ChainWatchTracing.Batch(chain, []);
            }
        }
    }

    private static void RunOnePayment()
    {
        using SimulatedEngine engine = new(confirmations: "2");
        ServiceCollection services = new();
        services.AddSingleton<Handler>();
        using ServiceProvider provider = services.BuildServiceProvider();
        PaymentHandlers handlers = new(provider.GetRequiredService<IServiceScopeFactory>(), [typeof(Handler)]);
        engine.Start();
        engine.Deliver(handlers.HandleAsync);
        engine.CatchUp();
        engine.Watch("alice");
        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("alice"), 5));
        engine.CatchUp();
        engine.Chain.MineEmpty(2);
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => provider.GetRequiredService<Handler>().Told == 2, TimeSpan.FromMinutes(1)).ShouldBeTrue();
    }

    private static ActivityListener Listen(List<Activity> spans)
    {
        ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == ChainWatchTelemetry.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static object? Tag(Activity span, string name) => span.GetTagItem(name);

    private sealed class Handler : IPaymentHandler
    {
        public int Told { get; private set; }

        public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
        {
            Told++;
            return Task.CompletedTask;
        }
    }

    /// <summary>Answers at once, and always the same.</summary>
    private sealed class StillReader : IBlockReader
    {
        private static readonly Answer<Block> NoBlock = Answer<Block>.NotYet("still");
        private static readonly Answer<IReadOnlyList<Block>> NoBlocks = Answer<IReadOnlyList<Block>>.NotYet("still");

        public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) => new(NoBlock);

        public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) => new(NoBlocks);
    }
}
