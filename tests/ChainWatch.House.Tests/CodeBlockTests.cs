using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ChainWatch.House.Tests;

public sealed class CodeBlockTests
{
    // What the web SDK imports without being asked, and what a reader of our pages has added: the packages.
    private static readonly string[] Imports =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks", "System.Net.Http.Json", "System.Numerics",
        "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration",
        "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging", "ChainWatch",
    ];

    private static readonly Lazy<MetadataReference[]> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))]);

    public static TheoryData<string> Pages =>
        [.. Repository.Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal) && !file.StartsWith("docs/preludes/", StringComparison.Ordinal) && CodeBlock.In(file).Any())];

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_code_that_a_page_shows_compiles(string page)
    {
        var faults = CodeBlock.In(page).SelectMany(block => FaultsOf(block.ToSource())).ToList();
        faults.ShouldBeEmpty();
    }

    [Fact]
    public void Code_that_does_not_compile_is_found_with_its_line()
    {
        var block = new CodeBlock("page.md", 7, "builder.Services.AddChainWatchTwice();", "host");
        FaultsOf(block.ToSource()).ShouldContain(fault => fault.StartsWith("page.md(7,", StringComparison.Ordinal));
    }

    private static IEnumerable<string> FaultsOf(string source)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        var imports = string.Concat(Imports.Concat(Repository.Packages).Distinct(StringComparer.Ordinal).Where(Exists).Select(name => $"global using {name};\n"));
        var compilation = CSharpCompilation.Create(
            "Page",
            [CSharpSyntaxTree.ParseText(imports, options), CSharpSyntaxTree.ParseText(source, options)],
            References.Value,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        var faults = compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).ToList();
        // A block that only declares types is no program, and need not be one.
        return faults.Where(diagnostic => diagnostic.Id != "CS5001")
            .Select(diagnostic => $"{diagnostic.Location.GetMappedLineSpan().Path}{diagnostic.Location.GetMappedLineSpan().Span.Start switch { var at => $"({at.Line + 1},{at.Character + 1})" }}: {diagnostic.Id} {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}");
    }

    /// <summary>Whether a namespace has a public type yet: importing an empty one is an error.</summary>
    private static bool Exists(string name) => !Repository.Packages.Contains(name) || System.Reflection.Assembly.Load(name).GetExportedTypes().Any(type => type.Namespace == name);
}
