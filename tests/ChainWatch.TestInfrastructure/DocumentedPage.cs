namespace ChainWatch.TestInfrastructure;

/// <summary>A page of the documentation whose figures tests measure anew: a line that is not on the page any more is told with the one that ought to be.</summary>
public sealed class DocumentedPage
{
    private readonly string[] _lines;
    private readonly string _path;

    /// <summary>Reads a page.</summary>
    /// <param name="path">Its path from the repository's root.</param>
    public DocumentedPage(string path)
    {
        _path = path;
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ChainWatch.sln")))
        {
            folder = folder.Parent;
        }

        _lines = File.ReadAllLines(Path.Combine(folder?.FullName ?? throw new InvalidOperationException("The repository's root is not above the tests."), path));
    }

    /// <summary>Requires a row of a table, cell by cell.</summary>
    public void Requires(params object[] cells)
    {
        string row = $"| {string.Join(" | ", cells.Select(static cell => Convert.ToString(cell, System.Globalization.CultureInfo.InvariantCulture)))} |";
        if (!_lines.Contains(row, StringComparer.Ordinal))
        {
            string? near = _lines.FirstOrDefault(line => line.StartsWith($"| {cells[0]} |", StringComparison.Ordinal));
            throw new InvalidOperationException($"{_path} has no row\n{row}\nbut{(near is null ? " none that begins so" : $"\n{near}")}");
        }
    }
}
