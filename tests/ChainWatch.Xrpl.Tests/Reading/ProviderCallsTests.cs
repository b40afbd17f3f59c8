using ChainWatch.TestInfrastructure;

namespace ChainWatch.Xrpl.Tests;

/// <summary>What reading the XRP Ledger costs, measured, and told in docs/providers.md.</summary>
public sealed class ProviderCallsTests
{
    [Fact]
    public async Task A_ledger_is_one_request_whatever_it_pays()
    {
        ServedLedger[] chain = FakeLedgers.Chain(40);
        await using XrplServer server = await XrplServer.StartAsync(chain, validated: 30);
        await using Follow follow = new([server], FakeLedgers.First);
        await follow.ReadAsync(30);
        await server.AdvanceAsync(10);
        await follow.ReadAsync(40);
        follow.Payments.ShouldNotBeEmpty();

        int ledgers = server.Requests.Count(static request => request["transactions"] is not null);
        int others = server.Requests.Count(static request => request["transactions"] is null && request["tx"] is not null);
        new DocumentedPage("docs/providers.md").Requires("a ledger, at the head and catching up", (double)ledgers / 40, others, (double)ledgers / 40);
    }
}
