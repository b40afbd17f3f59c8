namespace ChainWatch.Postgres.Tests;

public sealed class ScopeSharesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 3)]
    [InlineData(7, 3)]
    [InlineData(2, 5)]
    [InlineData(100, 7)]
    public void Nobody_has_two_more_than_another(int scopes, int instances)
    {
        Dictionary<string, long> assigned = ScopeShares.Assign(All(scopes, Enumerable.Range(1, instances)));

        assigned.Count.ShouldBe(scopes);
        int[] shares = [.. Enumerable.Range(1, instances).Select(instance => assigned.Values.Count(one => one == instance))];
        (shares.Max() - shares.Min()).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void The_order_in_which_they_are_seen_does_not_matter()
    {
        Dictionary<string, IReadOnlySet<long>> candidates = All(20, [1, 2, 3]);
        Dictionary<string, IReadOnlySet<long>> other = candidates.Reverse().ToDictionary(static pair => pair.Key, static pair => (IReadOnlySet<long>)pair.Value.Reverse().ToHashSet());

        ScopeShares.Assign(other).OrderBy(static pair => pair.Key).ShouldBe(ScopeShares.Assign(candidates).OrderBy(static pair => pair.Key));
    }

    [Fact]
    public void Who_comes_or_goes_moves_little()
    {
        int moved = 0;
        for (int round = 0; round < 50; round++)
        {
            Dictionary<string, long> before = ScopeShares.Assign(All(12, Enumerable.Range(round * 10, 3)));
            Dictionary<string, long> after = ScopeShares.Assign(All(12, Enumerable.Range(round * 10, 4)));
            moved += before.Count(pair => after[pair.Key] != pair.Value);
        }

        // The fourth instance takes three of twelve; a plan drawn anew each time would move nine.
        (moved / 50.0).ShouldBeLessThan(5);
    }

    [Fact]
    public void Only_who_stands_for_a_scope_gets_it()
    {
        Dictionary<string, IReadOnlySet<long>> candidates = All(6, [1, 2]);
        candidates["chain-0"] = new HashSet<long> { 2 };
        candidates["nobody's"] = new HashSet<long>();

        Dictionary<string, long> assigned = ScopeShares.Assign(candidates);

        assigned["chain-0"].ShouldBe(2);
        assigned.ShouldNotContainKey("nobody's");
        assigned.Values.Count(static one => one == 1).ShouldBe(3);
    }

    [Fact]
    public void A_plan_is_the_same_in_every_version()
    {
        // Replicas of two versions, while one replaces the other, must not hand scopes to and fro.
        string plan = string.Join(", ", ScopeShares.Assign(All(5, [11, 22, 33])).OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key} {pair.Value}"));
        plan.ShouldBe("chain-0 33, chain-1 33, chain-2 22, chain-3 11, chain-4 11");
    }

    private static Dictionary<string, IReadOnlySet<long>> All(int scopes, IEnumerable<int> instances) =>
        Enumerable.Range(0, scopes).ToDictionary(static scope => $"chain-{scope}", _ => (IReadOnlySet<long>)instances.Select(static instance => (long)instance).ToHashSet());
}
