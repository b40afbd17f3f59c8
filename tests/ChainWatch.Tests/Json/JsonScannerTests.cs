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
                json.Skip();
            }
            else
            {
                values[field] = Encoding.UTF8.GetString(json.ReadText());
            }
        }

        return json.End() ? string.Join(' ', values.Values) : null;
    }
}
