using System.Text;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>A piece of JSON with holes for what differs from block to block.</summary>
internal sealed class JsonTemplate
{
    private readonly ChainShape _shape;
    private readonly Random _order = new(1);
    private readonly StringBuilder _text = new();
    private readonly List<JsonHole> _holes = [];

    private JsonTemplate(ChainShape shape)
    {
        _shape = shape;
    }

    public byte[] Bytes { get; private set; } = [];

    public JsonHole[] Holes { get; private set; } = [];

    public static JsonTemplate Create(ChainShape shape, Action<JsonTemplate> write)
    {
        JsonTemplate template = new(shape);
        write(template);
        template.Bytes = Encoding.ASCII.GetBytes(template._text.ToString());
        template.Holes = [.. template._holes];
        return template;
    }

    public void Object(params (string Key, Action<JsonTemplate> Value)[] fields)
    {
        if (_shape.Shuffled)
        {
            _order.Shuffle(fields);
        }

        _text.Append('{');
        for (var index = 0; index < fields.Length; index++)
        {
            _text.Append(index == 0 ? "" : _shape.Spaced ? ", " : ",").Append('"').Append(fields[index].Key).Append(_shape.Spaced ? "\": " : "\":");
            fields[index].Value(this);
        }

        _text.Append('}');
    }

    public void Array<T>(IEnumerable<T> items, Action<JsonTemplate, T> write)
    {
        _text.Append('[');
        var first = true;
        foreach (var item in items)
        {
            _text.Append(first ? "" : _shape.Spaced ? ",\n " : ",");
            first = false;
            write(this, item);
        }

        _text.Append(']');
    }

    public void Raw(string text) => _text.Append(text);

    public void Hex(byte[] bytes) => _text.Append("\"0x").Append(Convert.ToHexStringLower(bytes)).Append('"');

    public void Number(long number) => _text.Append("\"0x").Append(number.ToString("x", null)).Append('"');

    public void Hole(JsonHoleKind kind, int transaction = 0)
    {
        _text.Append("\"0x");
        _holes.Add(new JsonHole(_text.Length, kind, transaction));
        _text.Append('0', JsonHole.Width(kind)).Append('"');
    }
}
