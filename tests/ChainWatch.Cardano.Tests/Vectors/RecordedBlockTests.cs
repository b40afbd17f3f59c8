using System.Text;
using System.Text.Json;

namespace ChainWatch.Cardano.Tests;

public sealed class RecordedBlockTests
{
    [Fact]
    public void Every_recorded_block_gives_the_transfers_that_it_says()
    {
        int blocks = 0;
        int transfers = 0;
        foreach ((string name, string json) in Recordings.Answers("NextBlockResponse").Concat(Recordings.Real()))
        {
            if (NaiveReading.Of(json) is not { } naive)
            {
                continue;
            }

            blocks++;
            foreach (string network in (string[])["mainnet", "preprod"])
            {
                CardanoFormat format = new(CardanoNetwork.Find(network)!);
                string prefix = network == "mainnet" ? "addr1" : "addr_test1";
                HashSet<string> watched = [.. naive.Addresses.Where(address => address.StartsWith(prefix, StringComparison.Ordinal) || IsByronOf(format, address))];

                List<string> found = Match(json, format, watched, naive.Tokens);

                found.ShouldBe(naive.Lines.Where(line => watched.Contains(line.Address)).Select(static line => line.Line), name);
                transfers += found.Count;
            }
        }

        blocks.ShouldBeGreaterThanOrEqualTo(29);
        transfers.ShouldBeGreaterThan(140);
    }

    [Fact]
    public void The_quick_way_and_the_careful_way_read_the_same()
    {
        int quick = 0;
        foreach ((string name, string json) in Recordings.Answers("NextBlockResponse").Concat(Recordings.Real()))
        {
            using OgmiosMessage careful = new(Messages.Rent(Encoding.UTF8.GetBytes(json)));
            MessageWalk.Read(careful.Body.Span, careful);
            using OgmiosMessage scanned = new(Messages.Rent(Encoding.UTF8.GetBytes(json)));
            if (new MessageScan().TryRead(scanned.Body.Span, scanned))
            {
                quick++;
                scanned.Kind.ShouldBe(careful.Kind, name);
                scanned.Tip.ShouldBe(careful.Tip, name);
                scanned.Point.ShouldBe(careful.Point, name);
                scanned.Block?.Point.ShouldBe(careful.Block!.Point, name);
                (scanned.Block?.Outputs.ToArray() ?? []).ShouldBe(careful.Block?.Outputs.ToArray() ?? [], name);
            }
        }

        quick.ShouldBeGreaterThan(30);
    }

    [Fact]
    public void Recorded_rollbacks_intersections_and_errors_are_read()
    {
        foreach ((string name, string json) in Recordings.Answers("NextBlockResponse"))
        {
            using OgmiosMessage message = Messages.Read(json);
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement result = document.RootElement.GetProperty("result");
            message.Kind.ShouldBe(result.GetProperty("direction").GetString() == "forward" ? MessageKind.Forward : MessageKind.Backward, name);
            message.Tip?.Hash.ToString().ShouldBe(result.GetProperty("tip").GetProperty("id").GetString(), name);
            if (message.Kind == MessageKind.Backward)
            {
                message.Point.ShouldBe(ChainSyncLine.ReadPoint(result.GetProperty("point")), name);
            }
        }

        foreach ((string name, string json) in Recordings.Answers("FindIntersectionResponse"))
        {
            using OgmiosMessage message = Messages.Read(json);
            message.Kind.ShouldBe(json.Contains("\"error\"", StringComparison.Ordinal) ? MessageKind.Error : MessageKind.Result, name);
            if (message.Kind == MessageKind.Result)
            {
                message.Read(static result => ChainSyncLine.ReadPoint(result.GetProperty("intersection"))).IsOrigin.ShouldBeFalse(name);
                message.Read(static result => ChainSyncLine.ReadTip(result)).HasValue.ShouldBe(!json.Contains("\"tip\":\"origin\"", StringComparison.Ordinal), name);
            }
        }

        foreach (string query in (string[])["QueryNetworkTip", "QueryLedgerStateTip"])
        {
            foreach ((string name, string json) in Recordings.Answers(query))
            {
                using OgmiosMessage message = Messages.Read(json);
                if (message.Kind == MessageKind.Result)
                {
                    message.Read(static result => ChainSyncLine.ReadPoint(result)).Slot.ShouldBeGreaterThan(0, name);
                }
            }
        }

        foreach ((string name, string json) in Recordings.Answers("QueryLedgerStateEraSummaries"))
        {
            using OgmiosMessage message = Messages.Read(json);
            message.Read(static result => SlotClock.Read(DateTimeOffset.UnixEpoch, result)).ShouldNotBeNull(name);
        }
    }

    private static List<string> Match(string json, CardanoFormat format, IEnumerable<string> watched, IEnumerable<string> tokens)
    {
        WatchPlan plan = new(format, Someone.Ada, tokens.ToDictionary(static token => token, static token => new Asset { Symbol = token, Decimals = 0 }, StringComparer.Ordinal));
        return Messages.Match(json, Someone.Watch(format, [.. watched]), plan, withTags: false);
    }

    /// <summary>Which of the base58 texts belong to a network: most of the recorded ones are random, of no wallet.</summary>
    private static bool IsByronOf(CardanoFormat format, string address)
    {
        try
        {
            return !address.StartsWith("addr", StringComparison.Ordinal) && format.ParseAddress(address).Length > 0;
        }
        catch (AddressFormatException)
        {
            return false;
        }
    }
}
