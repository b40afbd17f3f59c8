using System.Globalization;
using System.Text;
using System.Text.Json;
using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

public sealed class FuzzTests
{
    /// <summary>How many malformed inputs each reader gets: a million in the long form of the tests.</summary>
    private static readonly int Rounds = Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1" ? 1_000_000 : 10_000;

    [Fact]
    public void A_damaged_ledger_is_refused_or_is_the_same_ledger()
    {
        ServedLedger[] chain = FakeLedgers.Chain(3);
        byte[][] whole = [.. chain.Select(static ledger => Encoding.UTF8.GetBytes(ledger.ToResult(transactions: true).ToJsonString()))];
        HeldPayments held = new("xrpl", new LogRecorder(Microsoft.Extensions.Logging.LogLevel.None).CreateLogger("test"));
        AddressSet bob = Someone.Watch(Someone.Bob);
        string[][] expected = [.. Enumerable.Range(0, 3).Select(static index => FakeLedgers.Expected(1, index).ToArray())];
        int same = 0;
        Random random = new(5);
        for (int round = 0; round < Rounds; round++)
        {
            int which = random.Next(whole.Length);
            byte[] json = Damage(random, whole[which]);
            try
            {
                using XrplLedger ledger = LedgerAnswer.ReadLedger(json, "alpha", Plans.All(), held);
                TransferList sink = new();
                ledger.Match(bob, sink).ShouldBeTrue();
                ledger.Header.Point.ShouldBe(chain[which].Point, $"round {round}");
                sink.Texts.ShouldBe(expected[which], $"round {round}");
                same++;
            }
            catch (Exception exception) when (exception is LedgerFormatException or JsonException or NotValidatedException)
            {
                // Refused, as it should be.
            }
        }

        same.ShouldBeLessThan(Rounds / 2);
    }

    [Fact]
    public void Damaged_transactions_and_metadata_end_in_an_error_or_an_amount_that_they_say()
    {
        FakeTransaction[] kinds =
        [
            FakeTransaction.Xrp(Someone.Alice, Someone.Bob, 7, 3),
            new FakeTransaction { Destination = Someone.Bob, Amount = FieldWriter.Issued(1_234_567_890_123_456, -10, Someone.Usd, Someone.Issuer) }.Line(Someone.Bob, Someone.Issuer, default, (1_234_567_890_123_456, -10)),
            new FakeTransaction { Type = TransactionType.EscrowFinish }.Settled(EntryType.Escrow, Someone.Alice, Someone.Bob, 5).Balance(Someone.Bob, 1, 5).Token(Someone.Bob, null, 5),
        ];
        byte[] header = new byte[LedgerHeaderData.Length];
        header[0] = 5;
        LedgerHeaderData ledger = LedgerHeaderData.Read(header);
        HeldPayments held = new("xrpl", new LogRecorder(Microsoft.Extensions.Logging.LogLevel.None).CreateLogger("test"));
        AddressSet watched = Someone.Watch(Someone.Bob, Someone.Alice);
        WatchPlan plan = Plans.All();
        Random random = new(6);
        for (int round = 0; round < Rounds; round++)
        {
            FakeTransaction kind = kinds[random.Next(kinds.Length)];
            TransferList sink = new();
            try
            {
                TransactionMatch match = new(plan, held, watched, sink, ledger, Damage(random, kind.ToBlob()), Damage(random, kind.ToMetadata(0)), new byte[32]);
                match.Run();
            }
            catch (LedgerFormatException)
            {
                continue;
            }

            sink.Transfers.ShouldAllBe(static transfer => transfer.Amount > 0 && transfer.Amount < System.Numerics.BigInteger.Pow(10, 78));
        }
    }

    [Fact]
    public void A_damaged_entry_is_refused_or_of_the_ledger_that_was_asked_for()
    {
        ServedLedger ledger = FakeLedgers.Chain(1)[0];
        byte[] limit = FieldWriter.Issued(0, 0, Someone.Usd, Someone.Bob);
        byte[][] entries =
        [
            FakeEntries.Of(EntryType.AccountRoot).U32(Field.OwnerCount, 3).Amount(Field.Balance, FieldWriter.Drops(5)).Account(Field.Account, Someone.Bob).ToArray(),
            FakeEntries.Of(EntryType.RippleState).Amount(Field.Balance, FieldWriter.Issued(1_234_567_890_123_456, -10, Someone.Usd, Someone.Issuer)).Amount(Field.LowLimit, limit).Amount(Field.HighLimit, limit).ToArray(),
            FakeEntries.Of(EntryType.Token).U64(Field.TokenAmount, 77).Account(Field.Account, Someone.Bob).Raw(FieldType.Hash192, 1, Someone.Issuance).ToArray(),
            FakeEntries.Of(EntryType.FeeSettings).Amount(Field.ReserveBaseDrops, FieldWriter.Drops(1)).U32(Field.ReserveIncrement, 2).ToArray(),
        ];
        Random random = new(9);
        int read = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] entry = entries[random.Next(entries.Length)];
            byte[] json = Encoding.UTF8.GetBytes(
                $$"""{"index":"00","ledger_hash":"{{ledger.Hash}}","ledger_index":{{ledger.Index}},"node_binary":"{{Convert.ToHexString(round % 2 == 0 ? Damage(random, entry) : entry)}}","validated":true}""");
            try
            {
                LedgerEntry held = LedgerEntry.Read(EntryAnswer.Read(round % 2 == 0 ? json : Damage(random, json), ledger.Point));
                if (held.Balance.Length == AmountReader.XrpLength)
                {
                    LedgerEntry.ReadDrops(held.Balance).ShouldBeInRange(-(1L << 61), 1L << 61);
                }

                read++;
            }
            catch (Exception exception) when (exception is LedgerFormatException or JsonException or NotValidatedException)
            {
                // Refused, as it should be.
            }
        }

        read.ShouldBeLessThan(Rounds);
    }

    [Fact]
    public void Damaged_messages_and_server_infos_end_in_an_error_or_are_read()
    {
        byte[][] messages =
        [
            """{"id":5,"status":"error","type":"response","error":"lgrNotFound","error_code":21,"error_message":"x","request":{"a":[1,{"b":2}]},"warnings":[{"id":1002,"message":"m"}],"warning":"load"}"""u8.ToArray(),
            """{"fee_base":10,"ledger_hash":"B3980C722D71873D6708723E71B7A28C826BC66C58712ADCEC61603415305CD1","ledger_index":66093872,"txn_count":70,"type":"ledgerClosed","validated_ledgers":"65201743-66093872,1-5"}"""u8.ToArray(),
            """{"info":{"complete_ledgers":"32570-6595042,7-9","server_state":"full","network_id":0,"amendment_blocked":false,"validated_ledger":{"age":5,"seq":6595042}}}"""u8.ToArray(),
        ];
        Random random = new(7);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] message = Damage(random, messages[random.Next(messages.Length)]);
            Try(() => Message.Read(message));
            Try(() => Message.ReadHttp(message));
            Try(() => ServerInfo.Read(message));
        }

        static void Try<T>(Func<T> read)
        {
            try
            {
                read();
            }
            catch (Exception exception) when (exception is LedgerFormatException or JsonException)
            {
                // Refused, as it should be.
            }
        }
    }

    [Fact]
    public void A_damaged_address_is_refused_or_written_back_as_the_same_address()
    {
        string[] texts = ["rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf", "rGWrZyQqhTp9Xu7G5Pkayo7bXjH4k4QYpf:4294967295", "XVLhHMPHU98es4dbozjVtdWzVrDjtV8xvjGQTYPiAx6gwDC"];
        Random random = new(8);
        for (int round = 0; round < Rounds; round++)
        {
            string text = Encoding.UTF8.GetString(Damage(random, Encoding.UTF8.GetBytes(texts[random.Next(texts.Length)])));
            try
            {
                AddressKey key = XrplFormat.MainNet.ParseAddress(text);
                XrplFormat.MainNet.ParseAddress(XrplFormat.MainNet.FormatAddress(key)).ShouldBe(key, string.Create(CultureInfo.InvariantCulture, $"round {round}"));
            }
            catch (AddressFormatException)
            {
                // Refused, as it should be.
            }
        }
    }

    private static byte[] Damage(Random random, byte[] whole)
    {
        List<byte> bytes = [.. whole];
        for (int times = random.Next(4); times >= 0 && bytes.Count > 1; times--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes[at] = bytes[random.Next(bytes.Count)];
                    break;
            }
        }

        return [.. bytes];
    }
}
