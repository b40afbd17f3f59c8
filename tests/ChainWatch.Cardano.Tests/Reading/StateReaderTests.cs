using System.Numerics;
using ChainWatch.Testing;

namespace ChainWatch.Cardano.Tests;

public sealed class StateReaderTests
{
    private static readonly AddressKey Bob = Someone.Format.ParseAddress(Someone.Bob);
    private static readonly AddressKey Carol = Someone.Format.ParseAddress(Someone.Carol);

    private static List<FakeBlock> Chain()
    {
        FakeBlock first = FakeBlock.First(100, v7: false, new FakeTransaction("gold", new FakeOutput(Someone.Bob, 5, (Someone.Policy, "474f4c44", 9))));
        return [first, .. first.Grow(9, "main")];
    }

    private static async Task<Answer<ChainState>> ReadAsync(OgmiosServer server, ChainPoint? at, params AddressKey[] addresses) =>
        await Follow.Register([server], new LogRecorder(), static options =>
        {
            options.Tokens.Add("GOLD", Someone.Policy, "474f4c44", 2);
            options.Endpoints[0].Timeout = TimeSpan.FromSeconds(20);
        }).StateReader!.ReadStateAsync(addresses, at, CancellationToken.None);

    [Fact]
    public async Task Unspent_outputs_and_balances_are_read_at_the_point_that_is_asked_for_and_named_in_the_answer()
    {
        List<FakeBlock> chain = Chain();
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);

        ChainState state = (await ReadAsync(server, chain[3].Point, Bob, Carol)).Value!;

        state.Point.ShouldBe(chain[3].Point);
        state.Point.Slot.ShouldBe(chain[3].Point.Slot);
        state.Addresses[0].Balances.ShouldBe([new AssetBalance(state.Addresses[0].Balances[0].Asset, 5 + 101 + 102 + 103), new AssetBalance(state.Addresses[0].Balances[1].Asset, 9)]);
        state.Addresses[0].Unspent!.Count.ShouldBe(5);
        state.Addresses[0].Unspent!.ShouldContain(output => output.TransactionId == chain[2].Transactions[0].Id && output.Ordinal == 1L << 16 && output.Amount == new BigInteger(102));
        state.Addresses[0].Unspent!.ShouldContain(output => output.TransactionId == chain[0].Transactions[0].Id && output.Ordinal == 1 && output.Asset.Symbol == "GOLD");
        state.Addresses[1].Unspent.ShouldBeEmpty();
        state.Addresses[1].Balances.ShouldAllBe(static balance => balance.Amount.IsZero);
    }

    [Fact]
    public async Task Without_a_point_it_is_read_at_the_tip_and_the_answer_names_it()
    {
        List<FakeBlock> chain = Chain();
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);

        (await ReadAsync(server, at: null, Bob)).Value!.Point.ShouldBe(chain[^1].Point);
        server.Requests.ShouldContain("releaseLedgerState");
    }

    [Fact]
    public async Task A_point_past_the_tip_is_not_yet_and_one_of_another_branch_unknown()
    {
        List<FakeBlock> chain = Chain();
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        List<FakeBlock> other = chain[5].Grow(9, "other");

        (await ReadAsync(server, other[^1].Point, Bob)).Kind.ShouldBe(AnswerKind.NotYet);
        Answer<ChainState> unknown = await ReadAsync(server, other[0].Point, Bob);
        unknown.Kind.ShouldBe(AnswerKind.Unknown);
        unknown.Reason!.ShouldContain("2000");
    }

    [Fact]
    public async Task A_state_that_expires_while_it_is_read_is_acquired_again()
    {
        List<FakeBlock> chain = Chain();
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        int asked = 0;
        server.Before = (_, method) => method == "queryLedgerState/utxo" && asked++ < 1 ? (2003, "Acquired state expired.") : null;

        (await ReadAsync(server, chain[3].Point, Bob)).IsFound.ShouldBeTrue();
        server.Requests.Count(static method => method == "queryLedgerState/utxo").ShouldBe(2);
    }

    [Fact]
    public void By_payment_credential_no_server_can_tell_so_there_is_no_reader() =>
        Follow.Register([], new LogRecorder(), static options =>
        {
            options.Endpoints.Add("ws://127.0.0.1:1");
            options.MatchBy = "paymentCredential";
        }).StateReader.ShouldBeNull();
}
