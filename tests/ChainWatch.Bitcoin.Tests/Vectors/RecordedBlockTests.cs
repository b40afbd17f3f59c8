using System.Globalization;
using System.Text.Json;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>Blocks and transactions of real nodes and networks: what we read out of their bytes is what their own JSON says.</summary>
public sealed class RecordedBlockTests
{
    [Theory]
    [InlineData("knots-29.4.3-regtest.jsonl", "regtest")]
    [InlineData("litecoind-0.21.2.1-regtest.jsonl", "litecoin-regtest")]
    public void Raw_blocks_of_a_node_give_the_payments_that_its_own_json_lists(string recording, string network)
    {
        BitcoinFormat format = new(BitcoinNetwork.Find(network)!);
        RecordedCall[] blocks = [.. VectorFiles.Calls(recording).Where(static call => call is { Method: "getblock", Status: 200 } && call.Parameters.GetArrayLength() == 2)];
        int payments = 0;
        foreach (RecordedCall raw in blocks.Where(static call => call.Result.ValueKind == JsonValueKind.String))
        {
            JsonElement json = blocks.First(call => call.Parameters[0].GetString() == raw.Parameters[0].GetString() && call.Parameters[1].GetInt32() == 2).Result;
            List<string> addresses = [];
            List<string> expected = [];
            foreach (JsonElement transaction in json.GetProperty("tx").EnumerateArray())
            {
                foreach (JsonElement output in transaction.GetProperty("vout").EnumerateArray())
                {
                    if (AddressOf(output) is { } address && VectorFiles.Satoshis(output.GetProperty("value")) is var amount and > 0)
                    {
                        addresses.Add(address);
                        expected.Add(Matching.Line(transaction.GetProperty("txid").GetString()!, output.GetProperty("n").GetInt64(), amount.ToString(CultureInfo.InvariantCulture), address));
                    }
                }
            }

            string hex = raw.Result.GetString()!;
            RawHeader.HashOf(Convert.FromHexString(hex)).ToString().ShouldBe(json.GetProperty("hash").GetString());
            RawHeader.ParentOf(Convert.FromHexString(hex)).ToString().ShouldBe(json.GetProperty("previousblockhash").GetString());
            Matching.Payments(hex, format, addresses, extensions: true).ShouldBe(expected);
            payments += expected.Count;
        }

        payments.ShouldBeGreaterThan(5);
    }

    [Theory]
    [InlineData("knots-29.4.3-regtest.jsonl", "regtest")]
    [InlineData("litecoind-0.21.2.1-regtest.jsonl", "litecoin-regtest")]
    public void Every_address_that_a_node_wrote_is_read_and_written_alike(string recording, string network)
    {
        BitcoinFormat format = new(BitcoinNetwork.Find(network)!);
        HashSet<string> seen = [];
        foreach (RecordedCall call in VectorFiles.Calls(recording).Where(static call => call.Answer.TryGetProperty("result", out _)))
        {
            foreach (JsonElement script in ScriptsIn(call.Result))
            {
                if (AddressOf(script, "address", "addresses") is { } address && script.TryGetProperty("hex", out JsonElement hex) && seen.Add(address))
                {
                    AddressKey key = format.ParseAddress(address);
                    Convert.ToHexStringLower(Scripts.Of(key)).ShouldBe(hex.GetString());
                    format.FormatAddress(key).ShouldBe(address);
                }
            }
        }

        seen.Count.ShouldBeGreaterThan(8);
    }

    [Theory]
    [InlineData("bitcoin.json", 8)]
    [InlineData("bitcoin_testnet4.json", 4)]
    [InlineData("bitcoin_signet.json", 2)]
    [InlineData("bitcoin_regtest.json", 2)]
    [InlineData("litecoin.json", 3)]
    [InlineData("dogecoin.json", 3)]
    [InlineData("dash.json", 3)]
    [InlineData("bcash.json", 2)]
    public void Transactions_of_real_networks_have_the_ids_and_outputs_that_their_json_says(string file, int count) => CheckTransactions(VectorFiles.PathOf("blockbook-sync-testdata", file), count);

    [Theory]
    [InlineData("bitcoin_testnet.json", 2)]
    [InlineData("bitcoin_testnet4.json", 2)]
    [InlineData("bitcoin_signet.json", 2)]
    [InlineData("dogecoin_testnet.json", 1)]
    [InlineData("bcash.json", 2)]
    public void Transactions_of_the_other_recordings_too(string file, int count) => CheckTransactions(VectorFiles.PathOf("blockbook-rpc-testdata", file), count);

    [Theory]
    [InlineData("transactions-rbfs.json")]
    [InlineData("transactions-replaced.json")]
    [InlineData("transactions-random.json")]
    public void Scripts_of_the_main_network_have_the_addresses_that_others_give_them(string file)
    {
        int seen = 0;
        foreach (JsonElement script in ScriptsIn(VectorFiles.Read(VectorFiles.PathOf("mempool-rbf", file))))
        {
            if (script.TryGetProperty("scriptpubkey", out JsonElement hex) && script.TryGetProperty("scriptpubkey_address", out JsonElement address) && address.ValueKind == JsonValueKind.String)
            {
                AddressKey key = Matching.Mainnet.ParseAddress(address.GetString()!);
                Convert.ToHexStringLower(Scripts.Of(key)).ShouldBe(hex.GetString());
                Matching.Mainnet.FormatAddress(key).ShouldBe(address.GetString());
                seen++;
            }
        }

        seen.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("btg", "block_dump.104000")]
    [InlineData("dash", "block_dump.1028160")]
    [InlineData("dogecoin", "block_dump.371337")]
    [InlineData("dogecoin", "block_dump.2264125")]
    public void A_block_of_a_coin_with_other_blocks_is_refused_and_not_read_wrongly(string coin, string file)
    {
        byte[] bytes = Convert.FromHexString(File.ReadAllText(VectorFiles.PathOf("blockbook-raw-blocks", coin, "testdata", file)).Trim());

        Exception exception = Should.Throw<Exception>(() => BlockProof.Verify(bytes, RawHeader.HashOf(bytes), extensions: false, witness: true));
        (exception is BlockFormatException or BlockProofException).ShouldBeTrue(exception.ToString());
    }

    [Theory]
    [InlineData("dash", "block_dump.1028159")]
    [InlineData("dogecoin", "block_dump_testnet.99999")]
    public void A_block_of_another_coin_with_the_same_blocks_is_proven(string coin, string file)
    {
        byte[] bytes = Convert.FromHexString(File.ReadAllText(VectorFiles.PathOf("blockbook-raw-blocks", coin, "testdata", file)).Trim());

        BlockProof.Verify(bytes, RawHeader.HashOf(bytes), extensions: false, witness: true);
    }

    private static void CheckTransactions(string path, int count)
    {
        int seen = 0;
        JsonElement[] all = [.. VectorFiles.TransactionsIn(VectorFiles.Read(path))];
        foreach (JsonElement transaction in all)
        {
            if (all.Any(other => other.GetProperty("hex").GetString() == transaction.GetProperty("hex").GetString() && other.GetProperty("txid").GetString() != transaction.GetProperty("txid").GetString()))
            {
                // The recording gives the same bytes to two ids, so at least one of them is not theirs.
                continue;
            }

            byte[] bytes = Convert.FromHexString(transaction.GetProperty("hex").GetString()!);
            TransactionParts parts = TransactionParts.Read(bytes, 0, extensions: false);
            parts.End.ShouldBe(bytes.Length);
            parts.ComputeId(bytes).ToString().ShouldBe(transaction.GetProperty("txid").GetString());

            // Matched inside a block, like any transaction.
            MadeBlock block = MadeBlock.Of(1, MadeBlock.NoHash, [new MadeTransaction { Outputs = [new MadeOutput(1, [0x51])] }.Whole, bytes], [new byte[32], new byte[32]]);
            List<AddressKey> keys = [];
            List<(string, long, long)> expected = [];
            foreach ((int number, JsonElement output) in transaction.GetProperty("vout").EnumerateArray().Index())
            {
                // Some recordings leave out what has no address.
                byte[] script = output.TryGetProperty("scriptPubKey", out JsonElement scriptOf) && scriptOf.TryGetProperty("hex", out JsonElement hex) ? Convert.FromHexString(hex.GetString()!) : [];
                if (OutputScript.HasAddress(script) && VectorFiles.Satoshis(output.GetProperty("value")) is var amount and > 0)
                {
                    keys.Add(new AddressKey([.. script, .. new byte[OutputScript.KeyLength - script.Length]]));
                    expected.Add((transaction.GetProperty("txid").GetString()!, number, amount));
                }
            }

            using BitcoinBlock read = Matching.Read(block.Hex);
            TransferList sink = new();
            read.Match(AddressSet.Create(OutputScript.KeyLength).Add(keys), sink).ShouldBeTrue();
            sink.Transfers.Select(static transfer => (transfer.TransactionId.ToString(), transfer.Ordinal, (long)transfer.Amount)).ShouldBe(expected);
            seen++;
        }

        seen.ShouldBeGreaterThanOrEqualTo(count);
    }

    private static string? AddressOf(JsonElement output) => AddressOf(output.GetProperty("scriptPubKey"), "address", "addresses");

    /// <summary>Nodes name one address; older ones a list, which for bare multisig and public keys is no address of the script.</summary>
    private static string? AddressOf(JsonElement script, string one, string several)
    {
        if (script.TryGetProperty(one, out JsonElement address) && address.ValueKind == JsonValueKind.String)
        {
            return address.GetString();
        }

        return script.TryGetProperty(several, out JsonElement list) && list.GetArrayLength() == 1 && script.GetProperty("type").GetString() is not ("pubkey" or "multisig") ? list[0].GetString() : null;
    }

    private static IEnumerable<JsonElement> ScriptsIn(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            yield return element;
            foreach (JsonElement script in element.EnumerateObject().SelectMany(static property => ScriptsIn(property.Value)))
            {
                yield return script;
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement script in element.EnumerateArray().SelectMany(ScriptsIn))
            {
                yield return script;
            }
        }
    }
}
