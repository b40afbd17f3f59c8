namespace ChainWatch.Blockbook.Tests;

public sealed class VendorClientTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_vendors_own_client_accepts_what_the_replay_server_answers_and_announces(bool ethereum)
    {
        IServedChain chain = ethereum ? new EthereumChain(4) : new BitcoinChain(4);
        await using BlockbookServer server = await BlockbookServer.StartAsync(chain, blocks: 4);
        server.PageSize = 2;
        server.Change = (method, answer) =>
        {
            if (method == "ping" && server.Blocks.Count < chain.Blocks.Count)
            {
                // The script's sign that it listens.
                _ = server.ServeAsync(chain.Blocks);
            }

            return answer;
        };

        string transaction = (string)chain.Blocks[3].Transactions[0]!["txid"]!;
        (int code, string output) = await Task.Factory.StartNew(
            () => Recordings.RunNode("client.mjs", server.Url, ethereum ? "ethereum" : "bitcoin", chain.Blocks[3].Hash, chain.Blocks[4].Hash, transaction, chain.Bob),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        code.ShouldBe(0, output);
        output.ShouldContain("accepted");
    }
}
