using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Tests;

public sealed class JsonScannerTests
{
    public static TheoryData<string> Documents { get; } =
    [
        "{}", "[]", " {} ", "\t[\r\n]\n", "null", "true", "false", "0", "-0", "1.5e+10", "-12.25E-3", "\"\"", "\"text\"",
        """{"a":1}""", """{"a":{"b":[1,2,{"c":null}]},"d":"e"}""", """{ "a" : [ true , false , null ] , "b" : "" }""",
        """["\"","\\","\/","\b\f\n\r\t","\u0041\uD83D\uDE00\ud83d"]""", """{"\u0061":"\\\\"}""", "[\"\u00e9\u20ac\U0001F600\"]", "[\"\u007f\"]",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        """{"a":1,"a":2}""", """[1 ,2]""", """{"a" :1}""", """[0.0]""", """[1E1]""", """[1e-0]""",
        // Not JSON:
        "", " ", "{", "[", "}", "]", "{]", "[}", "[1,]", "[,1]", "[1 2]", "[1,,2]", """{"a":1,}""", """{,"a":1}""", """{"a"}""", """{"a":}""", """{"a" 1}""", """{1:2}""",
        """{"a":1 "b":2}""", """{"a":1}}""", "[] []", "[]x", "nul", "nulls", "[nullx]", "tru", "[01]", "[-]", "[1.]", "[.5]", "[1e]", "[1e+]", "[+1]", "[0x1]", "[1-2]", "[NaN]",
        "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u123\"", "[\"\u0001\"]", "[\"\n\"]", "[\"\t\"]", "'a'", "[1]//", "/**/[1]", "\uFEFF[]", "\u00a0[]",
        """["a" "b"]""", """["a""b"]""", """{"a":"b""c":1}""", "[\u000b1]", "[1\u000c]", "{\"a\"\u0000:1}",
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Takes_no_document_that_the_reader_refuses_and_all_of_these_that_it_takes(string document)
    {
        // Behind a long text, so that vectors are used, and before one, and at the very end.
        string filling = new('x', 150);
        foreach (string text in (string[])[document, $"[\"{filling}\",{document}]", $"[{document},\"{filling}\"]", $"{{\"k\":{document},\"l\":\"{filling}\"}}"])
        {
            byte[] json = Encoding.UTF8.GetBytes(text);
            Scans(json).ShouldBe(Reads(json), text);
        }
    }

    [Fact]
    public void Gives_up_where_a_skipped_value_nests_too_deep_for_it()
    {
        Scans(Encoding.UTF8.GetBytes(new string('[', 64) + new string(']', 64))).ShouldBeTrue();
        Scans(Encoding.UTF8.GetBytes(new string('[', 65) + new string(']', 65))).ShouldBeFalse();
    }

    [Fact]
    public void Finds_properties_by_their_names_however_they_are_spelled_and_ordered()
    {
        JsonShape shape = new("first", "second");
        foreach (string spelled in (string[])[
            """{"first":"1","second":"2"}""", """{"first":"1","second":"2"}""", """{"second":"2","first":"1"}""", """{"second":"2","first":"1"}""",
            """{ "first" : "1" , "other":{"first":"9"}, "second":"2" }""", "{\n  \"first\": \"1\",\n  \"second\": \"2\"\n}", "{\n  \"first\": \"1\",\n  \"second\": \"2\"\n}",
            $$"""{"{{new string('o', 200)}}":[],"first":"1","{{new string('o', 200)}}":{},"second":"2"}""", """{"firsts":"7","first":"1","secon":"7","second":"2"}""",
            """{"first":"1","second":"2","first_":"3"}"""])
        {
            // Something behind it, so that remembered spellings are compared by vectors.
            foreach (string text in (string[])[spelled, spelled + new string(' ', 100)])
            {
                Values(shape, text).ShouldBe("1 2", text);
            }
        }
    }

    [Fact]
    public void Remembers_more_spellings_than_it_has_room_for_without_error()
    {
        JsonShape shape = new("wanted");
        for (int round = 0; round < 3; round++)
        {
            for (int name = 0; name < 200; name++)
            {
                string text = $$"""{"n{{name.ToString(CultureInfo.InvariantCulture)}}":"0","wanted":"{{name}}"}""" + new string(' ', 64);
                Values(shape, text).ShouldBe(name.ToString(CultureInfo.InvariantCulture), text);
            }
        }
    }

    [Theory]
    [InlineData("""{"\u0066irst":"1"}""")]
    [InlineData("""{"first":"\u0031"}""")]
    [InlineData("""{"first":1}""")]
    [InlineData("""{"first":"1" "second":"2"}""")]
    [InlineData("""{"first":"1",}""")]
    [InlineData("""{"first":"1"]""")]
    [InlineData("""{"first":"1" """)]
    public void Gives_up_where_a_name_or_a_wanted_text_is_not_plain(string text)
    {
        JsonShape shape = new("first", "second");
        Values(shape, """{"first":"1","second":"2"}""").ShouldBe("1 2");
        Values(shape, text).ShouldBeNull();
        Values(shape, text + new string(' ', 100)).ShouldBeNull();
    }

    [Fact]
    public void Walks_arrays_item_by_item()
    {
        JsonScanner json = new(""" [ "a" ,"b", null , [1] ] """u8);
        json.BeginArray().ShouldBeTrue();
        bool first = true;
        json.NextItem(ref first).ShouldBeTrue();
        Encoding.UTF8.GetString(json.ReadText()).ShouldBe("a");
        json.NextItem(ref first).ShouldBeTrue();
        Encoding.UTF8.GetString(json.ReadText()).ShouldBe("b");
        json.NextItem(ref first).ShouldBeTrue();
        json.TryNull().ShouldBeTrue();
        json.NextItem(ref first).ShouldBeTrue();
        json.TryNull().ShouldBeFalse();
        json.Skip().ShouldBeTrue();
        json.NextItem(ref first).ShouldBeFalse();
        json.End().ShouldBeTrue();
        json.Failed.ShouldBeFalse();
    }

    [Fact]
    public void Passes_over_by_brackets_what_it_would_have_skipped()
    {
        Random random = new(1);
        for (int run = 0; run < 20_000; run++)
        {
            byte[] json = Mutate(random, Encoding.UTF8.GetBytes((string)Documents.ElementAt(random.Next(Documents.Count)).Data));
            JsonScanner skipping = new(json);
            JsonScanner passing = new(json);
            bool isNested = passing.Current is (byte)'{' or (byte)'[';
            if (skipping.Skip())
            {
                passing.PassOver().ShouldBe(isNested, Encoding.Latin1.GetString(json));
                if (isNested)
                {
                    passing.Position.ShouldBe(skipping.Position, Encoding.Latin1.GetString(json));
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(61)]
    [InlineData(62)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(127)]
    public void Passes_over_strings_whatever_is_escaped_in_them_and_wherever_they_lie(int offset)
    {
        foreach (string text in (string[])["\\\"]}", "\\\\", "[{", "}]", "\\\\\\\"}", "\"\"\"".Replace("\"", "\\\"", StringComparison.Ordinal)])
        {
            string document = $$"""{"{{new string('x', offset)}}":["{{text}}",{"a":"{{text}}"}]}""";
            byte[] json = Encoding.UTF8.GetBytes(document + "  ");
            Reads(json).ShouldBeTrue(document);
            JsonScanner scanner = new(json);
            scanner.PassOver().ShouldBeTrue(document);
            scanner.Position.ShouldBe(document.Length);
            JsonScanner broken = new(json.AsSpan(0, document.Length - 1));
            broken.PassOver().ShouldBeFalse();
        }
    }

    [Fact]
    public void Reads_hexadecimal_texts_of_either_case_and_of_one_length_only()
    {
        foreach (string behind in (string[])["", new string(' ', 100)])
        {
            for (int length = 1; length <= 40; length++)
            {
                byte[] bytes = new byte[length];
                new Random(length).NextBytes(bytes);
                byte[] read = new byte[length];
                foreach (string digits in (string[])[Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes)])
                {
                    new JsonScanner(Encoding.UTF8.GetBytes($"\"0x{digits}\"{behind}")).TryReadHex(read).ShouldBeTrue();
                    read.ShouldBe(bytes);
                    new JsonScanner(Encoding.UTF8.GetBytes($"\"0X{digits}\"{behind}")).TryReadHex(read).ShouldBeTrue();
                    for (int at = 0; at < digits.Length; at++)
                    {
                        foreach (char wrong in "gG/:@`\"\\ x\u0001")
                        {
                            string broken = string.Concat(digits.AsSpan(0, at), wrong.ToString(), digits.AsSpan(at + 1));
                            new JsonScanner(Encoding.UTF8.GetBytes($"\"0x{broken}\"{behind}")).TryReadHex(read).ShouldBeFalse(broken);
                        }
                    }

                    foreach (string other in (string[])[$"\"0x{digits}0\"", $"\"0x{digits[1..]}\"", $"\"0x{digits}", $"\"{digits}\"", $"0x{digits}\"", "null"])
                    {
                        new JsonScanner(Encoding.UTF8.GetBytes(other + behind)).TryReadHex(read).ShouldBeFalse(other);
                    }
                }
            }
        }
    }

    [Fact]
    public void Reads_hexadecimal_numbers_of_up_to_sixteen_digits()
    {
        string behind = new(' ', 100);
        Random random = new(3);
        for (int run = 0; run < 2_000; run++)
        {
            ulong number = (ulong)random.NextInt64() >> random.Next(63);
            string digits = number.ToString(run % 2 == 0 ? "x" : "X", CultureInfo.InvariantCulture).PadLeft(random.Next(17), '0');
            JsonScanner json = new(Encoding.UTF8.GetBytes($"\"0x{digits}\"{behind}"));
            json.TryReadHexNumber(out ulong read).ShouldBeTrue(digits);
            read.ShouldBe(number);
            json.End().ShouldBeTrue();
        }

        foreach (string other in (string[])["\"0x\"", "\"0x00000000000000001\"", "\"0x1g\"", "\"0x1 \"", "\"1\"", "1", "null", "\"0x1", "\"0x\\u0031\""])
        {
            JsonScanner json = new(Encoding.UTF8.GetBytes(other + behind));
            json.TryReadHexNumber(out _).ShouldBeFalse(other);
            json.Position.ShouldBe(0);
        }
    }

    [Fact]
    public void Skips_values_of_the_same_length_and_of_others_by_the_same_shape()
    {
        JsonShape shape = new("end");
        Random random = new(4);
        for (int run = 0; run < 300; run++)
        {
            string value = run % 50 < 40 ? new string('v', 66) : random.Next(4) switch { 0 => new string('v', random.Next(200)), 1 => "\\\"", 2 => new string('v', 65) + "\\n", _ => "" };
            Values(shape, $$"""{"same":"{{value}}","end":"e"}""" + new string(' ', 100)).ShouldBe("e", value);
            Values(shape, $$"""{"same":"{{value}},"end":"e"}""" + new string(' ', 100)).ShouldBeNull(value);
        }
    }

    [Fact]
    public void Repeats_only_the_very_same_text()
    {
        JsonScanner json = new("""[{"a":1},{"a":1},{"a":2}]"""u8);
        json.BeginArray();
        bool first = true;
        json.NextItem(ref first);
        int from = json.Position;
        json.Skip();
        int length = json.Position - from;
        json.NextItem(ref first);
        json.TryRepeat(from, length).ShouldBeTrue();
        json.NextItem(ref first);
        json.TryRepeat(from, length).ShouldBeFalse();
        json.TryRepeat(from, 1000).ShouldBeFalse();
        json.TryRepeat(json.Position, 1).ShouldBeFalse();
        json.Skip();
        json.NextItem(ref first).ShouldBeFalse();
        json.End().ShouldBeTrue();
    }

    [Fact]
    public void Differs_from_the_reader_on_no_mutated_document()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("CHAINWATCH_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        int count = Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1" ? 1_000_000 : 30_000;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}: CHAINWATCH_SEED={seed} draws the same documents again");
        Random random = new(seed);
        byte[][] seeds = [.. Documents.Select(static row => (string)row.Data).Where(static text => text.Length > 12).Select(Encoding.UTF8.GetBytes)];
        int taken = 0;
        for (int run = 0; run < count; run++)
        {
            byte[] json = Mutate(random, seeds[random.Next(seeds.Length)]);
            bool scans = Scans(json);
            if (scans != Reads(json))
            {
                Assert.Fail($"seed {seed}, document {run}: scanner {scans}, reader {!scans}: {Encoding.Latin1.GetString(json)}");
            }

            taken += scans ? 1 : 0;
        }

        taken.ShouldBeInRange(count / 50, count);
    }

    /// <summary>What was remembered of one document is used for the next, which differs from it a little: at other depths, in other containers, with less or more in them.</summary>
    [Fact]
    public void Takes_no_mutated_document_that_the_reader_refuses_whatever_it_remembers()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("CHAINWATCH_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        int count = Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1" ? 1_000_000 : 30_000;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}: CHAINWATCH_SEED={seed} draws the same documents again");
        Random random = new(seed);
        byte[][] seeds = [.. ((string[])[
            """{"inputs":[{"transaction":{"id":"00ff"},"index":0},{"transaction":{"id":"01ff"},"index":12}],"fee":{"ada":{"lovelace":170000}},"end":true}""",
            """{"value":{"ada":{"lovelace":5},"aa":{"bb":1,"cc":2}},"list":[[1,2],[3],[]],"empty":{},"none":[],"end":[{"a":[{}]},{"a":[{"b":null}]}]}""",
            """{"a":[[[1]]],"b":[[{"c":1}]],"d":{"a":[1,"\n"],"b":{"c":{"d":"e"}}},"f":[{"g":"h"},{"g":"h"},{"g":"h"}]}""",
            """{"a":{"b":1},"c":{"b":1},"d":[1],"e":[1],"f":1,"g":"1"}""",
            """{"g":[1],"a":[{"b":1},{"b":1}],"c":[1,{"b":1},1],"x":{"b":1,"c":[1],"d":1}}"""]).Select(Encoding.UTF8.GetBytes)];
        JsonShape shape = new("end");
        byte[] space = Encoding.UTF8.GetBytes(new string(' ', 130));
        int taken = 0;
        int givenUp = 0;
        for (int run = 0; run < count; run++)
        {
            byte[] text = seeds[random.Next(seeds.Length)];
            byte[] json = [(byte)'{', (byte)'"', (byte)'k', (byte)'"', (byte)':', .. run % 3 == 0 ? text : Mutate(random, text), (byte)'}', .. random.Next(4) == 0 ? [] : space];
            bool scans = Skips(shape, json) && Skips(shape, json.AsSpan(5..json.AsSpan().LastIndexOf((byte)'}')));
            bool reads = Reads(json);
            if (scans && !reads)
            {
                Assert.Fail($"seed {seed}, document {run}: the scanner takes {Encoding.Latin1.GetString(json)}");
            }

            taken += scans ? 1 : 0;
            givenUp += !scans && reads ? 1 : 0;
        }

        // All that were not changed, at least; and hardly any that is right is left to the slow way.
        taken.ShouldBeInRange(count / 3, count);
        givenUp.ShouldBeLessThan(count / 20);
    }

    [Fact]
    public void Passes_over_what_begins_as_before_and_goes_on_otherwise()
    {
        JsonShape shape = new("end");
        // Too long to be remembered: what comes behind them is remembered for all such, in objects and arrays alike.
        string name = new('n', 70);
        string space = new(' ', 70);
        foreach (string value in (string[])[
            $"{{\"{name}\":1,\"b\":1}}", $"{{\"{name}\":1,\"b\":1}}", $"{{\"{name}\":1,\"b\":1}}", $"[{space}1,2]", $"[{space}1,2]", $"[{space}1,2]", "[1]", "[1]", "[1]", "[]", "[[1]]", "[{}]", "[ 1]", "[\n1,\n2 ]", "[1,2]", "[1,[2]]", "{\"a\":1}", "{\"a\":1}", "{\"a\":1}", "{\"a\":[1]}", "{\"a\":[]}", "{\"a\": 1}", "{\"a\":{}}",
            "{}", "{\"a\":1,\"b\":[1]}", "{\"a\":1,\"b\":[1]}", "{\"a\":1,\"b\":[1]}", "{\"a\":1,\"b\":[]}", "{\"a\":1,\"b\":[1],\"c\":2}", "[{\"a\":1},{\"a\":1}]", "[{\"a\":1},{\"a\":1}]",
            "[{\"a\":1},{\"a\":1}]", "[{\"a\":1}]", "[[[[1]]]]", "[[[[1]]]]", "[[[[1]]]]", "[[[1]]]", "[[[1],[1]]]"])
        {
            Skips(shape, Encoding.UTF8.GetBytes($$"""{"value":{{value}},"end":1}{{new string(' ', 130)}}""")).ShouldBeTrue(value);
        }

        foreach (string value in (string[])[$"[{space}1,\"b\":1]", $"{{\"{name}\":1,2}}", "[1}", "[1]]", "[[[[1]]]", "{\"a\":1]", "[{\"a\":1},{\"a\":1}", "[\"a\":1]", "{1}", "[1,]", "{\"a\":}", "{\"a\":1,\"b\":[1}}", "[[[[1}]]]"])
        {
            Skips(shape, Encoding.UTF8.GetBytes($$"""{"value":{{value}},"end":1}{{new string(' ', 130)}}""")).ShouldBeFalse(value);
        }
    }

    private static bool Skips(JsonShape shape, ReadOnlySpan<byte> text)
    {
        JsonScanner json = new(text);
        if (json.Current != (byte)'{')
        {
            json.Skip();
            return json.End();
        }

        json.BeginObject();
        for (int place = 0; json.NextProperty(shape, ref place, out _);)
        {
            json.Skip(shape, place);
        }

        return json.End();
    }

    private static byte[] Mutate(Random random, byte[] seed)
    {
        // Twice the same in an array, with texts around it that make vectors reach over it.
        List<byte> bytes = [(byte)'[', .. seed, (byte)',', (byte)'"', .. Enumerable.Repeat((byte)'x', random.Next(80)), (byte)'"', (byte)',', .. seed, (byte)']'];
        ReadOnlySpan<byte> alphabet = "{}[]\",:\\u0019aeE+-. \n\t/trfn\u0001\u001f"u8;
        for (int change = random.Next(3); change >= 0; change--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = alphabet[random.Next(alphabet.Length)];
                    break;
                case 1:
                    bytes.Insert(at, alphabet[random.Next(alphabet.Length)]);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 4:
                    bytes.Insert(at, (byte)' ');
                    break;
                default:
                    bytes.RemoveRange(at, Math.Min(random.Next(4), bytes.Count - at));
                    break;
            }

            if (bytes.Count == 0)
            {
                bytes.Add((byte)'0');
            }
        }

        return [.. bytes];
    }

    private static bool Scans(byte[] json)
    {
        JsonScanner scanner = new(json);
        scanner.Skip();
        return scanner.End();
    }

    private static bool Reads(byte[] json)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            bool any = false;
            while (reader.Read())
            {
                any = true;
            }

            return any;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Values(JsonShape shape, string text)
    {
        JsonScanner json = new(Encoding.UTF8.GetBytes(text));
        SortedDictionary<int, string> values = [];
        json.BeginObject();
        int place = 0;
        while (json.NextProperty(shape, ref place, out int field))
        {
            if (field < 0)
            {
                json.Skip(shape, place);
            }
            else
            {
                values[field] = Encoding.UTF8.GetString(json.ReadText());
            }
        }

        return json.End() ? string.Join(' ', values.Values) : null;
    }
}
