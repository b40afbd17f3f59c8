using System.Text.RegularExpressions;

namespace ChainWatch.House.Tests;

/// <summary>A block of C# in a page, and the prelude that stands around it if it is a fragment.</summary>
internal sealed partial record CodeBlock(string File, int Line, string Code, string? Prelude)
{
    public static IEnumerable<CodeBlock> In(string file)
    {
        var text = System.IO.File.ReadAllText(Repository.PathOf(file));
        foreach (Match match in Blocks().Matches(text))
        {
            var line = text.AsSpan(0, match.Groups["code"].Index).Count('\n') + 1;
            yield return new CodeBlock(file, line, match.Groups["code"].Value, match.Groups["prelude"] is { Success: true } prelude ? prelude.Value : null);
        }
    }

    /// <summary>The block with what stands around it, numbered so that the compiler names lines of the page.</summary>
    public string ToSource()
    {
        var code = $"#line {Line} \"{File}\"\n{Code}\n";
        if (Prelude is null)
        {
            // Using directives must stay in front.
            return code;
        }

        var prelude = $"docs/preludes/{Prelude}.cs";
        var path = Repository.PathOf(prelude);
        if (!System.IO.File.Exists(path))
        {
            throw new InvalidOperationException($"{File}, line {Line}: there is no prelude {prelude}.");
        }

        return $"#line 1 \"{prelude}\"\n" + System.IO.File.ReadAllText(path).Replace("//FRAGMENT", $"\n{code}#line default\n", StringComparison.Ordinal);
    }

    public override string ToString() => $"{File}:{Line}";

    [GeneratedRegex(@"(?:^<!--\s*prelude:\s*(?<prelude>[\w-]+)\s*-->\s*\n+)?^```(?:csharp|cs|c\#)\s*\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Blocks();
}
