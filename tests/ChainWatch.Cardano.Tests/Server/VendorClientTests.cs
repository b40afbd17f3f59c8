namespace ChainWatch.Cardano.Tests;

public sealed class VendorClientTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_vendors_own_client_accepts_what_the_replay_server_streams_and_answers(bool v7)
    {
        FakeBlock first = FakeBlock.First(0, v7);
        List<FakeBlock> chain = [first, .. first.Grow(9, "main")];
        List<FakeBlock> other = chain[6].Grow(5, "other");
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        server.Before = (_, method) =>
        {
            if (method == "queryNetwork/blockHeight")
            {
                // The script's sign that it has read the first branch.
                server.Replace(other);
            }

            return null;
        };

        (int code, string output) = await Task.Factory.StartNew(
            () => Recordings.RunNode("client.mjs", server.Address["http://".Length..], string.Join(',', chain.Select(static block => block.Point.Hash)), string.Join(',', other.Select(static block => block.Point.Hash)), Someone.Bob),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        code.ShouldBe(0, output);
        output.ShouldContain("accepted");
    }
}
