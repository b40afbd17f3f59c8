using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Cli.Tests;

public sealed class ChainWatchCommandTests(PostgresServerFixture postgres)
{
    private const string Wallet = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

    [Fact]
    public async Task Addresses_are_added_listed_and_removed_and_all_of_it_is_audited()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);

        CliRun added = await host.JsonAsync("watch", "add", "ethereum", Wallet, "--reference", "order:1042", "--actor", "alice");
        CliRun again = await host.JsonAsync("watch", "add", "ethereum", Wallet.ToLowerInvariant(), "--reference", "order:1042");
        CliRun listed = await host.JsonAsync("watch", "list", "ethereum");
        CliRun removed = await host.JsonAsync("watch", "remove", "ethereum", Wallet, "--actor", "bob");
        CliRun audit = await host.JsonAsync("audit", "list");

        added.ExitCode.ShouldBe(0, added.Errors);
        added.Json["added"]!.GetValue<bool>().ShouldBeTrue();
        again.Json["added"]!.GetValue<bool>().ShouldBeFalse();
        JsonObject row = listed.Json.AsArray().ShouldHaveSingleItem().ShouldNotBeNull().AsObject();
        row["address"]!.GetValue<string>().ShouldBe(Wallet.ToLowerInvariant());
        row["reference"]!.GetValue<string>().ShouldBe("order:1042");
        removed.Json["removed"]!.GetValue<bool>().ShouldBeTrue();
        audit.Json.AsArray().Skip(1).Select(static entry => (entry!["action"]!.GetValue<string>(), entry["actor"]!.GetValue<string>())).ShouldBe([("watch", "alice"), ("unwatch", "bob")]);
    }

    [Fact]
    public async Task Chains_of_every_kind_that_a_host_may_follow_are_known()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(
            postgres.Server,
            ("bitcoin", new { Kind = "bitcoin", Network = "mainnet", Endpoints = new[] { new { Url = "http://127.0.0.1:1" } } }),
            ("dogecoin", new { Kind = "blockbook", Coin = "dogecoin", Endpoints = new[] { new { Url = "http://127.0.0.1:1" } } }),
            ("cardano", new { Kind = "cardano", Endpoints = new[] { new { Url = "ws://127.0.0.1:1" } } }),
            ("xrpl", new { Kind = "xrpl", Endpoints = new[] { new { Url = "ws://127.0.0.1:1" } } }));
        (string Chain, string Address)[] addresses =
        [
            ("bitcoin", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
            ("dogecoin", "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L"),
            ("cardano", "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"),
            ("xrpl", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh:7"),
        ];

        foreach ((string chain, string address) in addresses)
        {
            CliRun added = await host.JsonAsync("watch", "add", chain, address);
            added.ExitCode.ShouldBe(0, added.Errors);
            (await host.RunAsync("watch", "add", chain, "nonsense")).ExitCode.ShouldBe(ExitCode.Refused, chain);
        }

        CliRun status = await host.JsonAsync("status");
        status.Json.AsArray().Select(static row => row!["chain"]!.GetValue<string>()).Order().ShouldBe(["bitcoin", "cardano", "dogecoin", "ethereum", "xrpl"]);
    }

    [Fact]
    public async Task Balances_of_the_application_s_own_books_are_recomputed()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        await host.ExecuteAsync(
            """
            create table $schema$.book (customer text, held numeric);
            create table $schema$.entry (customer text, amount numeric);
            insert into $schema$.book values ('a', 7), ('b', 2);
            insert into $schema$.entry values ('a', 10), ('a', -3), ('b', 3);
            """);
        string[] tables = ["--balances", $"{host.Schema}.book:customer:held", "--credits", $"{host.Schema}.entry:customer:amount"];

        CliRun wrong = await host.JsonAsync(["verify-balances", .. tables]);
        await host.ExecuteAsync("update $schema$.book set held = 3 where customer = 'b'");
        CliRun right = await host.JsonAsync(["verify-balances", .. tables]);
        CliRun unknown = await host.RunAsync("verify-balances", "--balances", "nowhere:a:b", "--credits", $"{host.Schema}.entry:customer:amount");

        wrong.ExitCode.ShouldBe(ExitCode.Found, wrong.Errors);
        JsonObject row = wrong.Json.AsArray().ShouldHaveSingleItem()!.AsObject();
        (row["account"]!.GetValue<string>(), row["computed"]!.GetValue<string>(), row["difference"]!.GetValue<string>()).ShouldBe(("b", "3", "-1"));
        right.ExitCode.ShouldBe(ExitCode.Fine, right.Errors);
        unknown.ExitCode.ShouldBe(ExitCode.Refused);
        unknown.Errors.ShouldContain("\"nowhere\"");
    }

    [Fact]
    public async Task A_reconciliation_is_asked_for_here_and_its_findings_are_shown_with_an_exit_code()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        (await host.RunAsync("reconcile", "ethereum", "--last")).ExitCode.ShouldBe(ExitCode.Refused, "there is none yet");
        (await host.RunAsync("reconcile", "ethereum", "--address", Wallet)).ExitCode.ShouldBe(ExitCode.Refused, "it is not watched");
        await host.RunAsync("watch", "add", "ethereum", Wallet);

        CliRun asked = await host.JsonAsync("reconcile", "ethereum", "--address", Wallet, "--from", "3", "--to", "9", "--read-blocks", "--repair", "--no-wait", "--actor", "alice");
        asked.ExitCode.ShouldBe(0, asked.Errors);
        long id = asked.Json["reconciliation"]!.GetValue<long>();
        (await host.JsonAsync("reconcile", "ethereum", "--last")).ExitCode.ShouldBe(ExitCode.Fine, "nothing is found yet");
        // What the leader would write.
        await host.ExecuteAsync(
            $"""
            insert into $schema$.discrepancy (reconciliation, address, result, kind, asset, tx_id, ordinal, from_height, to_height, on_chain, details, repair)
            values ({id}, '{Wallet}', 'missing', 'missing_payment', 'ETH', '0x01', 2, 5, 5, 340282366920938463463374607431768211456, 'It is missing.', 'queued')
            """);

        CliRun shown = await host.JsonAsync("reconcile", "ethereum", "--last");

        shown.ExitCode.ShouldBe(ExitCode.Found);
        JsonObject row = shown.Json.AsArray().ShouldHaveSingleItem()!.AsObject();
        (row["kind"]!.GetValue<string>(), row["onChain"]!.GetValue<string>(), row["fromHeight"]!.GetValue<long>()).ShouldBe(("MissingPayment", "340282366920938463463374607431768211456", 5));
        (await host.JsonAsync("audit", "list")).Json.AsArray().ShouldContain(static entry => entry!["action"]!.GetValue<string>() == "reconcile" && entry["actor"]!.GetValue<string>() == "alice");
    }

    [Fact]
    public async Task Status_says_how_far_each_chain_has_come()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        await host.Script.WatchAsync([1, 2]);
        Conformance.BatchDraft draft = TwentyBlocks(host);
        await host.Script.CommitAsync(draft);

        JsonObject row = (await host.JsonAsync("status")).Json.AsArray().ShouldHaveSingleItem().ShouldNotBeNull().AsObject();

        row["chain"]!.GetValue<string>().ShouldBe("ethereum");
        row["height"]!.GetValue<long>().ShouldBe(20);
        row["finalized"]!.GetValue<long>().ShouldBe(10);
        row["safe"]!.GetValue<long>().ShouldBe(12);
        row["watched"]!.GetValue<long>().ShouldBe(2);
        row["outboxPending"]!.GetValue<long>().ShouldBe(4);
    }

    [Fact]
    public async Task What_may_go_is_counted_first_and_goes_then_and_that_is_audited()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        await host.Script.WatchAsync([1, 2]);
        await host.Script.CommitAsync(TwentyBlocks(host));

        CliRun refused = await host.RunAsync("prune", "ethereum");
        CliRun kept = await host.JsonAsync("prune", "ethereum", "--policy", "aggressive", "--dry-run");
        CliRun dry = await host.JsonAsync("prune", "ethereum", "--policy", "aggressive", "--dry-run", "--keep-blocks", "3");
        CliRun pruned = await host.JsonAsync("prune", "ethereum", "--policy", "aggressive", "--keep-blocks", "3", "--actor", "carol");

        refused.ExitCode.ShouldBe(2);
        refused.Errors.ShouldContain("Retention:Policy is 'disabled'");
        (kept.ExitCode, kept.Json["blocks"]!.GetValue<long>()).ShouldBe((0, 0));
        (dry.Json["pruned"]!.GetValue<bool>(), dry.Json["blocks"]!.GetValue<long>()).ShouldBe((false, 6));
        (pruned.Json["pruned"]!.GetValue<bool>(), pruned.Json["blocks"]!.GetValue<long>()).ShouldBe((true, 6));
        JsonNode last = (await host.JsonAsync("audit", "list")).Json.AsArray()[^1]!;
        (last["action"]!.GetValue<string>(), last["actor"]!.GetValue<string>()).ShouldBe(("prune", "carol"));
    }

    [Fact]
    public async Task Two_databases_are_compared_block_by_block()
    {
        await using CliTestHost live = await CliTestHost.CreateAsync(postgres.Server);
        await using CliTestHost copy = await CliTestHost.CreateAsync(postgres.Server);
        foreach (CliTestHost host in (CliTestHost[])[live, copy])
        {
            await host.Script.WatchAsync([1, 2]);
            await host.Script.CommitAsync(TwentyBlocks(host));
        }

        CliRun equal = await live.JsonAsync("digest", "compare", "ethereum", "--with-config", copy.File, "--to", "20");
        await copy.ExecuteAsync("update $schema$.payment set amount = amount + 1 where block_height = (select min(block_height) from $schema$.payment)");
        CliRun different = await live.JsonAsync("digest", "compare", "ethereum", "--with-config", copy.File, "--to", "20");
        CliRun schema = await live.JsonAsync("digest", "compare", "ethereum", "--schema", copy.Schema, "--to", "20");
        CliRun nothing = await live.RunAsync("digest", "compare", "ethereum");

        equal.ExitCode.ShouldBe(0, equal.Errors);
        equal.Json.AsArray().ShouldBeEmpty();
        different.ExitCode.ShouldBe(1);
        different.Json.AsArray().ShouldHaveSingleItem();
        schema.Output.ShouldBe(different.Output);
        (nothing.ExitCode, nothing.Errors.Trim()).ShouldBe((2, "Say what to compare with: --with-config, --schema, or both. (Parameter 'parsed')"));
    }

    [Theory]
    [InlineData("Say where to begin")]
    [InlineData("Say where to begin", "--from-height", "1", "--days", "2")]
    [InlineData("Say where to begin", "--days", "0")]
    [InlineData("is the live one", "--from-height", "1", "--schema", "SCHEMA")]
    public async Task A_rebuild_that_cannot_be_is_refused_before_anything_is_touched(string error, params string[] arguments)
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);

        CliRun run = await host.RunAsync(["rebuild", "ethereum", .. arguments.Select(one => one == "SCHEMA" ? host.Schema : one)]);

        run.ExitCode.ShouldBeOneOf(2, 78);
        run.Errors.ShouldContain(error);
        (await host.JsonAsync("audit", "list")).Json.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Whether_a_block_was_read_for_an_address_is_one_question()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        await host.RunAsync("watch", "add", "ethereum", Wallet);
        await host.Script.LoadAsync();
        await host.Script.CommitAsync(TwentyBlocks(host));

        CliRun read = await host.JsonAsync("coverage", "ethereum", "--block", "7", "--address", Wallet);
        CliRun not = await host.JsonAsync("coverage", "ethereum", "--block", "70", "--address", Wallet);
        CliRun stranger = await host.RunAsync("coverage", "ethereum", "--block", "7", "--address", "0x0000000000000000000000000000000000000001");

        read.ExitCode.ShouldBe(0, read.Errors);
        JsonObject row = read.Json.AsArray().ShouldHaveSingleItem()!.AsObject();
        (row["pass"]!.GetValue<int>(), row["endpoint"]!.GetValue<string>(), row["forTheAddress"]!.GetValue<bool>()).ShouldBe((1, "one", true));
        row["notBefore"]!.GetValue<DateTimeOffset>().ShouldBeInRange(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        (not.ExitCode, not.Errors.Trim()).ShouldBe((1, "Block 70 was not read."));
        (stranger.ExitCode, stranger.Errors.Trim()).ShouldBe((1, "'0x0000000000000000000000000000000000000001' is not watched."));
    }

    [Fact]
    public async Task The_next_key_is_asked_for_and_no_key_is_shown()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        string endpoint = (await host.JsonAsync("keys", "list", "ethereum")).Json.AsArray().ShouldHaveSingleItem()!["endpoint"]!.GetValue<string>();

        CliRun rotated = await host.JsonAsync("keys", "rotate", "ethereum", endpoint, "--actor", "erin");
        CliRun unknown = await host.RunAsync("keys", "rotate", "ethereum", "nowhere");

        rotated.ExitCode.ShouldBe(0, rotated.Errors);
        (unknown.ExitCode, unknown.Errors).ShouldBe((2, unknown.Errors));
        unknown.Errors.ShouldContain("has no endpoint 'nowhere'");
        JsonNode last = (await host.JsonAsync("audit", "list")).Json.AsArray()[^1]!;
        (last["action"]!.GetValue<string>(), last["entity"]!.GetValue<string>(), last["actor"]!.GetValue<string>()).ShouldBe(("endpoint.key.requested", $"ethereum/{endpoint}", "erin"));
    }

    [Fact]
    public async Task Lines_without_a_terminal_are_made_for_other_programs()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);

        CliRun run = await host.RunAsync("status");

        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        lines.Length.ShouldBe(2);
        lines[0].ShouldStartWith("chain\tkind\theight");
        lines[1].ShouldStartWith("ethereum\tevm\t");
    }

    [Fact]
    public async Task A_flipped_amount_is_located_by_its_digest()
    {
        await using CliTestHost live = await CliTestHost.CreateAsync(postgres.Server);
        await using CliTestHost copy = await CliTestHost.CreateAsync(postgres.Server);
        foreach (CliTestHost host in (CliTestHost[])[live, copy])
        {
            await host.Script.WatchAsync([1, 2]);
            Conformance.BatchDraft draft = TwentyBlocks(host);
            await host.Script.CommitAsync(draft);
        }

        CliRun equal = await live.JsonAsync("digest", "ethereum", "--against", copy.Schema, "--to", "20");
        await copy.ExecuteAsync("update $schema$.payment set amount = amount + 1 where block_height = 17");
        CliRun different = await live.JsonAsync("digest", "ethereum", "--against", copy.Schema, "--to", "20");
        CliRun final = await live.JsonAsync("digest", "ethereum", "--against", copy.Schema);
        CliRun one = await live.JsonAsync("digest", "ethereum", "--to", "20");

        (equal.ExitCode, different.ExitCode, final.ExitCode).ShouldBe((0, 1, 0));
        different.Json.AsArray().ShouldHaveSingleItem()!["height"]!.GetValue<long>().ShouldBe(17);
        one.Json["payments"]!.GetValue<long>().ShouldBe(2);
        one.Json["digest"]!.GetValue<string>().Length.ShouldBe(64);
    }

    [Fact]
    public async Task Payments_and_coverage_are_shown()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        await host.Script.WatchAsync([1, 2]);
        Conformance.BatchDraft draft = TwentyBlocks(host);
        await host.Script.CommitAsync(draft);

        JsonArray payments = (await host.JsonAsync("payments", "ethereum")).Json.AsArray();
        CliRun coverage = await host.JsonAsync("coverage", "ethereum", "--from", "5");

        payments.Select(static payment => (payment!["blockHeight"]!.GetValue<long>(), payment["amount"]!.GetValue<string>(), payment["status"]!.GetValue<string>()))
            .ShouldBe([(17, "115792089237316195423570985008687907853269984665640564039457584007913129639935", "confirmed"), (3, "100", "confirmed")]);
        coverage.ExitCode.ShouldBe(0);
        JsonNode range = coverage.Json.AsArray().ShouldHaveSingleItem()!;
        (range["fromHeight"]!.GetValue<long>(), range["toHeight"]!.GetValue<long>(), range["pass"]!.GetValue<int>()).ShouldBe((1, 20, 1));
    }

    [Fact]
    public async Task A_gap_in_the_coverage_is_found()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        await host.ExecuteAsync("insert into $schema$.coverage (chain, partition, pass, from_height, to_height, endpoint) values ('ethereum', 0, 1, 1, 5, 'a'), ('ethereum', 0, 1, 7, 9, 'a')");

        (await host.RunAsync("coverage", "ethereum")).ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task A_changed_audit_entry_is_named()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        await host.Script.WatchAsync([1]);
        await host.Script.WatchAsync([2]);
        CliRun intact = await host.JsonAsync("audit", "verify");
        string head = intact.Json["head"]!.GetValue<string>();
        await host.ExecuteAsync("alter table $schema$.audit_log disable trigger append_only; update $schema$.audit_log set actor = 'somebody else' where id = 2");

        CliRun broken = await host.JsonAsync("audit", "verify");

        intact.ExitCode.ShouldBe(0);
        head.ShouldStartWith("3:");
        broken.ExitCode.ShouldBe(1);
        broken.Json["brokenAt"]!.GetValue<long>().ShouldBe(2);
        (await host.RunAsync("audit", "verify", "--remembered", "4:00")).ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task A_parked_delivery_is_listed_and_replayed()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        await host.Script.WatchAsync([1, 2]);
        Conformance.BatchDraft draft = TwentyBlocks(host);
        await host.Script.CommitAsync(draft);
        await using (Delivery taken = (await host.Script.TakeAsync()).ShouldNotBeNull())
        {
            await taken.ParkAsync(host.Script.Now, "the handler is broken", TestContext.Current.CancellationToken);
        }

        JsonNode parked = (await host.JsonAsync("outbox", "list")).Json.AsArray().ShouldHaveSingleItem()!;
        string sequence = parked["sequence"]!.ToString();
        CliRun replayed = await host.JsonAsync("outbox", "replay", sequence);

        parked["error"]!.GetValue<string>().ShouldBe("the handler is broken");
        replayed.ExitCode.ShouldBe(0);
        (await host.JsonAsync("outbox", "list")).Json.AsArray().ShouldBeEmpty();
        (await host.RunAsync("outbox", "replay", sequence)).ExitCode.ShouldBe(2);
    }

    [Theory]
    [InlineData(2, "an address has 40", "watch", "add", "ethereum", "0x12")]
    [InlineData(2, "bitcoin", "watch", "list", "bitcoin")]
    [InlineData(2, "--reference", "watch", "add", "ethereum", Wallet, "--reference", "order")]
    [InlineData(2, "--remembered", "audit", "verify", "--remembered", "nothing")]
    [InlineData(2, "--from", "digest", "ethereum", "--from", "9", "--to", "8")]
    public async Task What_cannot_be_done_is_said(int exitCode, string message, params string[] arguments)
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);

        CliRun run = await host.RunAsync(arguments);

        run.ExitCode.ShouldBe(exitCode, run.Output + run.Errors);
        run.Errors.ShouldContain(message, Case.Insensitive);
    }

    [Fact]
    public async Task A_wrong_configuration_is_78_and_a_missing_server_75()
    {
        await using CliTestHost host = await CliTestHost.CreateAsync(postgres.Server);
        string configuration = await File.ReadAllTextAsync(host.File, TestContext.Current.CancellationToken);

        CliRun missing = await CliRun.RunAsync("status", "--config", host.File + ".none");
        await File.WriteAllTextAsync(host.File, configuration.Replace("\"evm\"", "\"evn\"", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        CliRun kind = await host.RunAsync("status");
        await File.WriteAllTextAsync(host.File, configuration.Replace(host.Schema, "elsewhere", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        CliRun schema = await host.RunAsync("status");
        await File.WriteAllTextAsync(host.File, configuration.Replace("Port=", "Port=1;x", StringComparison.Ordinal).Replace(";x", ";Application Name=x", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        CliRun server = await host.RunAsync("status");

        (missing.ExitCode, kind.ExitCode, schema.ExitCode).ShouldBe((78, 78, 78));
        kind.Errors.ShouldContain("ChainWatch:Chains:ethereum:Kind");
        schema.Errors.ShouldContain("Start a host of this version once");
        server.ExitCode.ShouldBe(75, server.Errors);
    }

    /// <summary>Twenty blocks with two payments, final up to 10.</summary>
    private static Conformance.BatchDraft TwentyBlocks(CliTestHost host)
    {
        BlockHeader[] blocks = Blocks(1, 20);
        System.Numerics.BigInteger large = System.Numerics.BigInteger.Pow(2, 256) - 1;
        Conformance.BatchDraft draft = host.Script.Draft(blocks, Pay(blocks[2], 1), Pay(blocks[16], 2, to: 2, amount: large));
        draft.Safe = 12;
        draft.Finalized = Point(10);
        return draft;
    }
}
