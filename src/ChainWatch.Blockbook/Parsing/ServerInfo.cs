using System.Text.Json;

namespace ChainWatch.Blockbook;

/// <summary>What an instance says about itself: the answer to <c>getInfo</c>, or that to <c>api/status</c>, of which each tells a part.</summary>
internal sealed record ServerInfo
{
    private const int Deepest = 512;

    public string? Name { get; init; }

    /// <summary>The coin's short name; older instances do not tell it by HTTP.</summary>
    public string? Shortcut { get; init; }

    public bool? Testnet { get; init; }

    public long? Decimals { get; init; }

    public long BestHeight { get; init; } = -1;

    /// <summary>The newest block that is indexed; zero where it is not told.</summary>
    public Hash256 BestHash { get; init; }

    /// <summary>The hash of block 0; zero where it is not told.</summary>
    public Hash256 Genesis { get; init; }

    public bool InitialSync { get; init; }

    public bool InSync { get; init; } = true;

    /// <summary>How high the node is that the instance reads from, and its newest block; -1 and zero where it is not told.</summary>
    public long BackendHeight { get; init; } = -1;

    public Hash256 BackendHash { get; init; }

    /// <summary>Reads the answer to <c>getInfo</c>.</summary>
    public static ServerInfo Read(ReadOnlySpan<byte> data) => Parse(data, static info => new ServerInfo
    {
        Name = Text(info, "name"),
        Shortcut = Text(info, "network") ?? Text(info, "shortcut"),
        Testnet = Flag(info, "testnet"),
        Decimals = Number(info, "decimals"),
        BestHeight = Number(info, "bestHeight") ?? -1,
        BestHash = Hash(info, "bestHash"),
        Genesis = Hash(info, "block0Hash"),
    });

    /// <summary>Reads the answer to <c>api/status</c>.</summary>
    public static ServerInfo ReadStatus(ReadOnlySpan<byte> data) => Parse(data, static status =>
    {
        if (!status.TryGetProperty("blockbook", out JsonElement blockbook) || blockbook.ValueKind != JsonValueKind.Object)
        {
            throw new AnswerFormatException(BlockCheck.Format, "the status tells nothing of blockbook");
        }

        JsonElement? backend = status.TryGetProperty("backend", out JsonElement found) && found.ValueKind == JsonValueKind.Object ? found : null;
        return new ServerInfo
        {
            Name = Text(blockbook, "coin"),
            Shortcut = Text(blockbook, "network"),
            Decimals = Number(blockbook, "decimals"),
            BestHeight = Number(blockbook, "bestHeight") ?? -1,
            InitialSync = Flag(blockbook, "initialSync") ?? false,
            InSync = Flag(blockbook, "inSync") ?? true,
            BackendHeight = (backend is { } node ? Number(node, "blocks") : null) ?? -1,
            BackendHash = backend is { } same ? Hash(same, "bestBlockHash") : default,
        };
    });

    /// <summary>Reads the hash that an answer holds under a name; zero where it holds an empty text, which is how an unknown height is answered.</summary>
    public static Hash256 ReadHash(ReadOnlySpan<byte> data, string name) => Parse(data, answer => Hash(answer, name));

    /// <summary>Reads an announcement.</summary>
    public static bool TryReadPoint(ReadOnlySpan<byte> data, out ChainPoint point)
    {
        point = Parse(data, static announced => Number(announced, "height") is >= 0 and { } height && Hash(announced, "hash") is { IsZero: false } hash ? new ChainPoint(height, hash) : new ChainPoint(-1, default));
        return point.Height >= 0;
    }

    private static T Parse<T>(ReadOnlySpan<byte> data, Func<JsonElement, T> read)
    {
        try
        {
            Utf8JsonReader reader = new(data, new JsonReaderOptions { MaxDepth = Deepest });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(document.RootElement)
                : throw new AnswerFormatException(BlockCheck.Format, "an object is expected, and something else came");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new AnswerFormatException(BlockCheck.Format, "it is no JSON of the protocol's shape");
        }
    }

    private static string? Text(JsonElement from, string name) => from.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static long? Number(JsonElement from, string name) => from.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;

    private static bool? Flag(JsonElement from, string name) => from.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.ValueKind == JsonValueKind.True : null;

    private static Hash256 Hash(JsonElement from, string name) =>
        Text(from, name) is not { } text ? default
        : Hash256.TryParse(text, out Hash256 hash) ? hash
        : throw new AnswerFormatException(BlockCheck.Format, $"{name} is no hash");
}
