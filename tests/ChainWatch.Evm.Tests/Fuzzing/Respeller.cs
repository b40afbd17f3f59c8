using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>Writes the same answer in another legal spelling: white space, order of names, upper case digits, escapes, unknown fields.</summary>
internal sealed class Respeller(Random random)
{
    private readonly bool _reorders = random.Next(2) == 0;
    private readonly bool _adds = random.Next(2) == 0;
    private readonly bool _raises = random.Next(3) == 0;
    private readonly int _spaces = random.Next(3);

    /// <summary>Whether names and texts are written with escapes here and there, which only the slow way reads.</summary>
    public bool Escapes { get; init; }

    public byte[] Write(JsonNode? node)
    {
        StringBuilder text = new();
        Space(text);
        Write(text, node, depth: 0);
        Space(text);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Write(StringBuilder text, JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject one:
                WriteObject(text, one, depth);
                break;
            case JsonArray array:
                text.Append('[');
                for (int index = 0; index < array.Count; index++)
                {
                    Separate(text, index, depth + 1);
                    Write(text, array[index], depth + 1);
                }

                Space(text);
                text.Append(']');
                break;
            case JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String:
                WriteText(text, (string)value!, isName: false);
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private void WriteObject(StringBuilder text, JsonObject one, int depth)
    {
        KeyValuePair<string, JsonNode?>[] properties = [.. one];
        if (_reorders)
        {
            random.Shuffle(properties);
        }

        text.Append('{');
        int written = 0;
        foreach ((string name, JsonNode? value) in properties)
        {
            if (_adds && random.Next(6) == 0)
            {
                Separate(text, written++, depth + 1);
                WriteText(text, string.Create(CultureInfo.InvariantCulture, $"unknown{random.Next(9)}"), isName: true);
                Colon(text);
                text.Append(random.Next(6) switch
                {
                    0 => "null",
                    1 => "-12.5e+3",
                    2 => """{"hash":"0x00","logs":[{"address":null}],"to":[]}""",
                    3 => """[ "", {}, [ ] ,"\"\\\u0041é" ]""",
                    4 => "\"" + new string('f', random.Next(300)) + "\"",
                    _ => "false",
                });
            }

            Separate(text, written++, depth + 1);
            WriteText(text, name, isName: true);
            Colon(text);
            Write(text, value, depth + 1);
        }

        Space(text);
        text.Append('}');
    }

    private void WriteText(StringBuilder text, string value, bool isName)
    {
        if (!isName && _raises && value.StartsWith("0x", StringComparison.Ordinal))
        {
            value = "0x" + value[2..].ToUpperInvariant();
        }

        text.Append('"');
        int escaped = Escapes && isName && value.Length > 0 && random.Next(40) == 0 ? random.Next(value.Length) : -1;
        for (int index = 0; index < value.Length; index++)
        {
            if (index == escaped)
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)value[index]:x4}");
            }
            else
            {
                text.Append(value[index]);
            }
        }

        text.Append('"');
    }

    private void Separate(StringBuilder text, int index, int depth)
    {
        if (index > 0)
        {
            Space(text);
            text.Append(',');
        }

        if (_spaces == 1)
        {
            text.Append('\n').Append(' ', depth * 2);
        }
        else
        {
            Space(text);
        }
    }

    private void Colon(StringBuilder text)
    {
        Space(text);
        text.Append(':');
        if (_spaces == 1)
        {
            text.Append(' ');
        }
        else
        {
            Space(text);
        }
    }

    private void Space(StringBuilder text)
    {
        while (_spaces == 2 && random.Next(3) == 0)
        {
            text.Append(" \n\r\t"[random.Next(4)]);
        }
    }
}
