namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>A place in a template that is filled in for a block.</summary>
internal readonly record struct JsonHole(int Offset, JsonHoleKind Kind, int Transaction)
{
    public static int Width(JsonHoleKind kind) => kind switch
    {
        JsonHoleKind.Height => 7,
        JsonHoleKind.Time => 8,
        _ => 64,
    };
}
