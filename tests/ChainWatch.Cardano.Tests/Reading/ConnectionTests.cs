using System.Net.WebSockets;
using ChainWatch.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Cardano.Tests;

/// <summary>A connection hands blocks over together that came together. None of them may wait for one that does not come.</summary>
public sealed class ConnectionTests
{
    private const string NoJson = "{";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(40)]
    public async Task Blocks_are_handed_over_when_no_more_come(int blocks)
    {
        using OgmiosConnection connection = await OpenAsync(last: null, blocks);

        await connection.AskBlocksAsync(blocks, CancellationToken.None);

        for (int block = 0; block < blocks; block++)
        {
            using OgmiosMessage message = await connection.Blocks.ReadAsync().AsTask().WaitAsync(Patience);
            message.Block!.Height.ShouldBe(100 + block);
        }

        connection.Blocks.TryPeek(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task What_came_before_a_connection_ended_can_still_be_taken()
    {
        using OgmiosConnection connection = await OpenAsync(NoJson, blocks: 3);

        await connection.AskBlocksAsync(3, CancellationToken.None);

        for (int block = 0; block < 3; block++)
        {
            using OgmiosMessage message = await connection.Blocks.ReadAsync().AsTask().WaitAsync(Patience);
            message.Block!.Height.ShouldBe(100 + block);
        }

        (await Should.ThrowAsync<Exception>(async () => await connection.Blocks.ReadAsync().AsTask().WaitAsync(Patience))).ToString().ShouldContain("no JSON");
    }

    /// <summary>A connection to a server that answers the last of so many requests with all blocks at once, and says one thing more behind them.</summary>
    private static async Task<OgmiosConnection> OpenAsync(string? last, int blocks)
    {
        FakeBlock first = FakeBlock.First(100);
        FakeBlock[] chain = [first, .. first.Grow(blocks - 1, "more")];
        MemoryWebSocket? socket = null;
        int asked = 0;
        socket = new MemoryWebSocket(_ =>
        {
            if (++asked == blocks)
            {
                // The first wakes the one who reads, which must find all others there.
                socket!.DeliverAll([.. chain.Select(static (block, index) => Messages.Forward(block.ToJson()).Replace("\"id\":7}", FormattableString.Invariant($"\"id\":{index + 1}}}"), StringComparison.Ordinal)), .. last is null ? [] : new[] { last }]);
            }
        });
        EndpointTransport transport = new() { ConnectWebSocket = (_, _, _) => Task.FromResult<WebSocket>(socket) };
        EndpointClient client = new("cardano", "one", new EndpointOptions { Url = "ws://ogmios.example.org" }, TimeProvider.System, NullLogger.Instance, observer: null, transport, seed: 1);
        return await OgmiosConnection.OpenAsync(client, static _ => { }, CancellationToken.None);
    }
}
