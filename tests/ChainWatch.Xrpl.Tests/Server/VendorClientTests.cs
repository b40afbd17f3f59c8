namespace ChainWatch.Xrpl.Tests;

public sealed class VendorClientTests
{
    [Fact]
    public async Task The_vendors_own_client_accepts_what_the_replay_server_streams_and_answers()
    {
        ServedLedger[] ledgers = [.. Recordings.Ledgers];
        await using XrplServer server = await XrplServer.StartAsync(ledgers, validated: 2);
        server.Entries.Fees(0, 1_000_000, 200_000).Account(0, Someone.Bob, 1_234_567, owns: 3).Line(0, Someone.Bob, Someone.Issuer, 1_500_000_000_000_000, -15).Token(0, Someone.Bob, 77);
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
            () => Recordings.RunNode("client.mjs", server.WebSocketUrl, ledgers[1].Hash, ledgers[2].Hash, FakeEntries.Address(Someone.Bob), FakeEntries.Address(Someone.Issuer), Convert.ToHexString(Someone.Issuance)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        code.ShouldBe(0, output);
        output.ShouldContain("accepted");
    }
}
