using ChainWatch.Testing;

namespace ChainWatch.Blockbook.Tests;

public sealed class MessageBudgetTests
{
    [Fact]
    public void No_more_than_the_limit_is_taken_within_any_window()
    {
        ManualTimeProvider time = new();
        MessageBudget budget = new(5, TimeSpan.FromMinutes(1), time);
        Random random = new(3);
        List<DateTimeOffset> taken = [];
        for (int i = 0; i < 2_000; i++)
        {
            TimeSpan wait = budget.Take();
            if (wait == TimeSpan.Zero)
            {
                taken.Add(time.GetUtcNow());
                time.Advance(TimeSpan.FromSeconds(random.Next(0, 8)));
            }
            else
            {
                // What it says is how long it takes, and not a tick longer.
                time.Advance(wait - TimeSpan.FromTicks(1));
                budget.Take().ShouldBeGreaterThan(TimeSpan.Zero);
                time.Advance(TimeSpan.FromTicks(1));
            }
        }

        for (int i = 5; i < taken.Count; i++)
        {
            (taken[i] - taken[i - 5]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void What_is_asked_stays_below_what_a_public_instance_allows()
    {
        // Pings of a connection, one in 15 seconds, count as messages.
        (PublicLimits.SocketMessages + (4 * 10)).ShouldBeLessThan(2500);
        PublicLimits.Requests.ShouldBeLessThan(20);
        PublicLimits.AccountsOfConnection.ShouldBeLessThan(42);
    }
}
