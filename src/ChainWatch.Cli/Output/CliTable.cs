namespace ChainWatch.Cli;

/// <summary>Rows under named columns.</summary>
internal sealed class CliTable(params string[] columns)
{
    private readonly List<object?[]> _rows = [];

    public IReadOnlyList<string> Columns => columns;

    public IReadOnlyList<object?[]> Rows => _rows;

    public void Add(params object?[] row) => _rows.Add(row);
}
