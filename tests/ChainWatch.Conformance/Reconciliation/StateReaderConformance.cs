using System.Numerics;

namespace ChainWatch.Conformance;

/// <summary>
/// What every <see cref="IChainStateReader"/> must do. Whoever compares records with a chain relies on nothing else: that a state belongs to the point that it names, that it is whole, and that what
/// could not be read is not told as zero.
/// </summary>
public abstract class StateReaderConformance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Makes a reader of a chain of some blocks.</summary>
    protected abstract ValueTask<StateReaderSubject> CreateAsync();

    [Fact]
    public async Task Each_address_is_answered_for_in_the_order_in_which_it_was_asked_for()
    {
        await using StateReaderSubject subject = await CreateAsync();

        ChainState state = await FoundAsync(subject, at: null, subject.Stranger, subject.Holder);

        state.Addresses.Select(static one => one.Key).ShouldBe([subject.Stranger, subject.Holder]);
        state.Endpoint.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Without_a_point_the_newest_one_is_read_and_named()
    {
        await using StateReaderSubject subject = await CreateAsync();

        ChainState state = await FoundAsync(subject, at: null, subject.Holder);

        state.Point.ShouldBe(subject.Points[^1]);
        Check(subject, state);
    }

    [Fact]
    public async Task What_an_unknown_address_holds_is_zero_of_every_watched_asset()
    {
        await using StateReaderSubject subject = await CreateAsync();

        AddressState state = (await FoundAsync(subject, at: null, subject.Stranger)).Addresses.Single();

        state.Balances.Select(static balance => balance.Asset).ShouldBe(subject.Assets, ignoreOrder: true);
        state.Balances.ShouldAllBe(static balance => balance.Amount.IsZero);
        (state.Unspent ?? []).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_state_is_of_the_point_that_it_names_whatever_point_was_asked_for()
    {
        await using StateReaderSubject subject = await CreateAsync();
        foreach (ChainPoint point in subject.Points)
        {
            ChainState state = await FoundAsync(subject, point, subject.Holder);

            state.Point.ShouldBe(subject.ReadsThePast ? point : subject.Points[^1]);
            Check(subject, state);
        }
    }

    [Fact]
    public async Task Unspent_outputs_where_they_are_told_make_up_the_balances()
    {
        await using StateReaderSubject subject = await CreateAsync();

        AddressState state = (await FoundAsync(subject, at: null, subject.Holder)).Addresses.Single();

        if (state.Unspent is { } outputs)
        {
            outputs.Select(static output => (output.TransactionId, output.Ordinal)).ShouldBeUnique();
            foreach (AssetBalance balance in state.Balances)
            {
                outputs.Where(output => output.Asset == balance.Asset).Aggregate(BigInteger.Zero, static (sum, output) => sum + output.Amount).ShouldBe(balance.Amount);
            }
        }
    }

    [Fact]
    public async Task A_point_past_the_head_is_not_yet()
    {
        await using StateReaderSubject subject = await CreateAsync();
        ChainPoint head = subject.Points[^1];

        Answer<ChainState> answer = await subject.ReadAsync([subject.Holder], Elsewhere(head) with { Height = head.Height + 50, Slot = head.Slot == 0 ? 0 : head.Slot + 5_000 }, Token);

        answer.Kind.ShouldBe(AnswerKind.NotYet, answer.Reason);
        answer.Reason.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_point_of_another_branch_is_never_the_one_that_the_answer_names()
    {
        await using StateReaderSubject subject = await CreateAsync();
        ChainPoint elsewhere = Elsewhere(subject.Points[^2]);

        Answer<ChainState> answer = await subject.ReadAsync([subject.Holder], elsewhere, Token);

        if (subject.ReadsThePast)
        {
            answer.Kind.ShouldBe(AnswerKind.Unknown);
            answer.Reason.ShouldNotBeNullOrEmpty();
        }
        else
        {
            answer.IsFound.ShouldBeTrue(answer.Reason);
            answer.Value!.Point.ShouldBe(subject.Points[^1]);
        }
    }

    [Fact]
    public async Task As_many_addresses_as_it_says_are_taken_and_no_more()
    {
        await using StateReaderSubject subject = await CreateAsync();
        int most = subject.Reader.MaxAddresses;
        most.ShouldBeGreaterThan(0);

        (await FoundAsync(subject, at: null, [.. Enumerable.Repeat(subject.Holder, Math.Min(most, 60))])).Addresses.Count.ShouldBe(Math.Min(most, 60));

        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await subject.ReadAsync([.. Enumerable.Repeat(subject.Holder, most + 1)], at: null, Token));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await subject.ReadAsync([], at: null, Token));
    }

    [Fact]
    public async Task Where_no_endpoint_answers_it_is_unknown_and_no_zero()
    {
        await using StateReaderSubject subject = await CreateAsync();
        await FoundAsync(subject, at: null, subject.Holder);

        subject.Silence();

        Answer<ChainState> answer = await subject.ReadAsync([subject.Holder], at: null, Token);
        answer.Kind.ShouldBe(AnswerKind.Unknown);
        answer.Reason.ShouldNotBeNullOrEmpty();
    }

    private static async ValueTask<ChainState> FoundAsync(StateReaderSubject subject, ChainPoint? at, params AddressKey[] addresses)
    {
        Answer<ChainState> answer = await subject.ReadAsync(addresses, at, Token);
        answer.IsFound.ShouldBeTrue(answer.Reason);
        return answer.Value!;
    }

    private static void Check(StateReaderSubject subject, ChainState state)
    {
        AddressState holder = state.Addresses.Single();
        holder.Key.ShouldBe(subject.Holder);
        holder.Balances.Select(static balance => (balance.Asset, balance.Amount)).ShouldBe(subject.Assets.Select(asset => (asset, subject.Expect(asset, state.Point))), ignoreOrder: true);
    }

    private static ChainPoint Elsewhere(ChainPoint point)
    {
        Span<byte> hash = stackalloc byte[Hash256.Length];
        point.Hash.CopyTo(hash);
        hash[7] ^= 0x55;
        return point with { Hash = new Hash256(hash) };
    }
}
