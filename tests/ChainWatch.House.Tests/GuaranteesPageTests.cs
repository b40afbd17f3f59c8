using System.Text.RegularExpressions;

namespace ChainWatch.House.Tests;

/// <summary>docs/guarantees.md names tests that exist.</summary>
public sealed class GuaranteesPageTests
{
    [Fact]
    public void Every_test_that_a_guarantee_names_is_there()
    {
        var page = File.ReadAllText(Repository.PathOf("docs/guarantees.md"));
        var classes = Repository.Files.Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal))
            .ToLookup(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal);
        var named = Regex.Matches(page, @"`(?<class>[A-Z]\w+(?:Tests|Conformance))(?:\.(?<method>\w+))?`", RegexOptions.ExplicitCapture);
        named.Count.ShouldBeGreaterThan(20);

        var missing = named.Where(name => !classes[name.Groups["class"].Value].Any(file => Holds(file, name.Groups["method"].Value))).Select(name => name.Value);
        missing.ShouldBeEmpty();
    }

    [Fact]
    public void Every_invariant_is_on_the_page()
    {
        const int invariants = 12;
        var page = File.ReadAllText(Repository.PathOf("docs/guarantees.md"));
        Enumerable.Range(1, invariants).Where(number => !page.Contains($"| I{number} | **", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static bool Holds(string file, string method) =>
        method.Length == 0 || File.ReadAllText(Repository.PathOf(file)).Contains($" {method}(", StringComparison.Ordinal);
}
