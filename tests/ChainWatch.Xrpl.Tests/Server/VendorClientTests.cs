namespace ChainWatch.Xrpl.Tests;

public sealed class VendorClientTests
{
    [Fact]
    public async Task The_vendors_own_client_accepts_what_the_replay_server_streams_and_answers()
    {
        ServedLedger[] ledgers = [.. Recordings.Ledgers];
        await using XrplServer server = await XrplServer.StartAsync(ledgers, validated: 2);
        server.Instead = async (connection, request) =>
        {
            if ((string)request["command"]! == "ping")
            {
                // The script's sign that it listens.
                await server.AdvanceAsync();
            }

            return false;
        };

        (int code, string output) = await Task.Factory.StartNew(
            () => Recordings.RunNode("client.mjs", server.WebSocketUrl, ledgers[1].Hash, ledgers[2].Hash),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        code.ShouldBe(0, output);
        output.ShouldContain("accepted");
    }
}
