using ChainWatch.Testing;

namespace ChainWatch.Blockbook.Tests;

public sealed class PublicInstanceTests
{
    [Fact]
    public async Task A_chain_is_caught_up_with_within_twenty_requests_a_minute_and_it_is_said_that_it_takes_time()
    {
        BitcoinChain chain = new(50);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        ManualTimeProvider time = new();
        await using Follow follow = new(chain, [server], Way.Http, configure: Limit, time: time);
        Task reading = follow.ReadToAsync(chain.Blocks[^1]);
        int seconds = 0;
        for (; !reading.IsCompleted; seconds++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2);
        }

        await reading;
        follow.Payments.ShouldBe(chain.Payments);
        server.Requests.Count.ShouldBeGreaterThan(50);
        server.Requests.Count.ShouldBeLessThanOrEqualTo(20 * (1 + (seconds / 60)));
        follow.Logs.Of("PublicLimitsReached").ShouldHaveSingleItem();

        static void Limit(BlockbookOptions options)
        {
            options.Limits = BlockbookLimits.Public;
            options.PollInterval = TimeSpan.FromSeconds(15);
            options.Endpoints[0].Timeout = TimeSpan.FromHours(1);
        }
    }

    [Fact]
    public async Task A_chain_that_is_too_fast_for_a_public_instance_is_told_so_at_the_start()
    {
        EthereumChain chain = new(2);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain);
        await using Follow slow = new(chain, [server], Way.Http, configure: static options => (options.Limits, options.BlockTime) = (BlockbookLimits.Public, TimeSpan.FromSeconds(12)));
        await using Follow fast = new(chain, [server], Way.Http, configure: static options => (options.Limits, options.BlockTime, options.PollInterval) = (BlockbookLimits.Public, TimeSpan.FromSeconds(2), null));

        // 12 s blocks at a poll of 20 ms do not fit either; what fits is told by nobody.
        fast.Logs.Of("PublicLimitsTooLow").ShouldHaveSingleItem().Message.ShouldContain("will fall behind");
        await using Follow fits = new(chain, [server], Way.Http, configure: static options => (options.Limits, options.BlockTime, options.PollInterval) = (BlockbookLimits.Public, TimeSpan.FromSeconds(12), null));
        fits.Logs.Of("PublicLimitsTooLow").ShouldBeEmpty();
        slow.Logs.Of("PublicLimitsTooLow").ShouldHaveSingleItem();
    }
}
