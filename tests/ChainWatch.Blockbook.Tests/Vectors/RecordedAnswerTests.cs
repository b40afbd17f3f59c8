using System.Text;
using System.Text.Json.Nodes;
using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook.Tests;

public sealed class RecordedAnswerTests
{
    private static readonly WatchPlan Plan = Pages.Plan("bitcoin-testnet");

    /// <summary>What pays whom is taken from the output scripts that the recorded transactions hold, not from their addresses, which is what is read.</summary>
    [Fact]
    public void Every_recorded_transaction_and_block_gives_the_transfers_that_its_scripts_say()
    {
        JsonNode[] transactions = [.. Transactions(All())];
        Dictionary<string, Dictionary<int, string>> scripts = [];
        foreach (JsonNode output in transactions.SelectMany(static transaction => transaction["vout"]!.AsArray().Where(static output => output!["hex"] is not null).Select(static output => output!)))
        {
            string id = (string)output.Parent!.Parent!["txid"]!;
            scripts.TryAdd(id, []);
            scripts[id][(int)output["n"]!] = (string)output["hex"]!;
        }

        int compared = 0;
        foreach (JsonNode transaction in transactions)
        {
            JsonObject page = new()
            {
                ["page"] = 1,
                ["hash"] = (string)transaction["blockHash"]!,
                ["height"] = (long)transaction["blockHeight"]!,
                ["time"] = (long)transaction["blockTime"]!,
                ["txCount"] = 1,
                ["txs"] = new JsonArray(transaction.DeepClone()),
            };
            compared += Compare(page, scripts);
        }

        JsonNode[] blocks = [.. All().Where(static node => node["txs"] is JsonArray && node["hash"] is not null)];
        blocks.Length.ShouldBeGreaterThanOrEqualTo(4);
        int ofBlocks = blocks.Sum(block => Compare(block, scripts));

        transactions.Length.ShouldBeGreaterThanOrEqualTo(8);
        compared.ShouldBeGreaterThanOrEqualTo(20);
        ofBlocks.ShouldBeGreaterThanOrEqualTo(12);
    }

    [Fact]
    public void Every_recorded_answer_is_matched_by_its_id_and_errors_are_told_from_answers()
    {
        int errors = 0;
        foreach ((string name, string method, string text) in Recordings.Socket)
        {
            byte[] message = Encoding.UTF8.GetBytes(text);
            JsonNode expected = JsonNode.Parse(text)!;
            Envelope envelope = Envelope.Read(message);

            Encoding.UTF8.GetString(message, envelope.Id.At, envelope.Id.Length).ShouldBe((string)expected["id"]!, name);
            JsonNode.DeepEquals(JsonNode.Parse(message.AsSpan(envelope.Data.At, envelope.Data.Length)), expected["data"]).ShouldBeTrue(name);
            string? told = (expected["data"] as JsonObject)?["error"]?["message"] is { } one ? (string)one! : null;
            string? error = Envelope.ReadError(message.AsSpan(envelope.Data.At, envelope.Data.Length));
            (error is null).ShouldBe(told is null, $"{name} {method}");
            errors += told is null ? 0 : 1;
            if (told is not null && !told.Contains('"', StringComparison.Ordinal))
            {
                error.ShouldBe(told, name);
            }
        }

        errors.ShouldBeGreaterThan(5);
    }

    [Theory]
    [InlineData("Block not found", EndpointErrorKind.MissingData)]
    [InlineData("Transaction '1232e48aeabdd9b75def7b48d756ba304713c2aba7b522bf9dbc893fc4231b07' not found", EndpointErrorKind.MissingData)]
    [InlineData("Not supported", EndpointErrorKind.Unsupported)]
    [InlineData("Missing address", EndpointErrorKind.MissingData)]
    [InlineData("Invalid data", EndpointErrorKind.ClientBug)]
    [InlineData("Parameter 'timestamp' is not a valid Unix timestamp.", EndpointErrorKind.ClientBug)]
    [InlineData("work_limit", EndpointErrorKind.RateLimited)]
    [InlineData("rate limit exceeded", EndpointErrorKind.RateLimited)]
    [InlineData("addresses max 1000", EndpointErrorKind.RangeTooLarge)]
    [InlineData("Internal error", EndpointErrorKind.Transient)]
    public void Words_are_translated_into_the_one_vocabulary(string message, EndpointErrorKind kind)
    {
        BlockbookErrors.KindOf(message).ShouldBe(kind);
        BlockbookErrors.KindOf(429, message).ShouldBe(EndpointErrorKind.RateLimited);
        BlockbookErrors.KindOf(403, message: null).ShouldBe(EndpointErrorKind.AuthFailed);
        BlockbookErrors.KindOf(503, message: null).ShouldBe(EndpointErrorKind.Transient);
    }

    [Fact]
    public void Recorded_answers_about_the_instance_are_read()
    {
        foreach ((_, string method, string text) in Recordings.Socket.Where(static one => one.Method is "getInfo" or "getBlockHash"))
        {
            JsonNode data = JsonNode.Parse(text)!["data"]!;
            byte[] bytes = Pages.Bytes(data);
            if (method == "getBlockHash")
            {
                ServerInfo.ReadHash(bytes, "hash").ToString().ShouldBe((string)data["hash"]!);
                continue;
            }

            ServerInfo info = ServerInfo.Read(bytes);
            info.Shortcut.ShouldBe("FAKE");
            info.Decimals.ShouldBe((long)data["decimals"]!);
            info.BestHeight.ShouldBe((long)data["bestHeight"]!);
            info.BestHash.ShouldBe(Hash256.Parse((string)data["bestHash"]!));
            info.Genesis.IsZero.ShouldBeTrue();
        }
    }

    private static int Compare(JsonNode block, Dictionary<string, Dictionary<int, string>> scripts)
    {
        using PagedBlock read = Pages.Read(Plan, null, Pages.Bytes(block));
        int compared = 0;
        foreach (JsonNode output in block["txs"]!.AsArray().SelectMany(static transaction => transaction!["vout"]!.AsArray().Select(static output => output!)))
        {
            string id = (string)output.Parent!.Parent!["txid"]!;
            if (!scripts.GetValueOrDefault(id, []).TryGetValue((int)output["n"]!, out string? hex))
            {
                continue;
            }

            compared++;
            byte[] script = Convert.FromHexString(hex);
            string expected = $"{id}/{(int)output["n"]!} {(string?)output["value"] ?? "0"} BTC";
            if (!OutputScript.HasAddress(script))
            {
                ((bool)output["isAddress"]!).ShouldBeFalse();
                continue;
            }

            Pages.Match(read, new AddressKey([.. script, .. new byte[OutputScript.KeyLength - script.Length]])).ShouldContain(expected);
        }

        return compared;
    }

    private static IEnumerable<JsonNode> All() => Recordings.Socket.Select(static one => JsonNode.Parse(one.Answer)!["data"]!).Concat(Recordings.Http).Where(static node => node is JsonObject);

    private static IEnumerable<JsonNode> Transactions(IEnumerable<JsonNode> nodes) => nodes.SelectMany(static node => (node["transactions"] as JsonArray ?? [])
        .Concat(node["vout"] is not null ? [node] : [])).OfType<JsonObject>().Where(static transaction => transaction["blockHash"] is not null && transaction["vout"]!.AsArray().All(static output => output!["isAddress"] is not null));
}
