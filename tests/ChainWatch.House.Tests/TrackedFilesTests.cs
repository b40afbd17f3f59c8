using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ChainWatch.House.Tests;

/// <summary>The rules that every file of the repository keeps.</summary>
public sealed class TrackedFilesTests
{
    // Put together from parts, so that this file does not break its own rules.
    private static readonly string[] MachinePaths = ["/" + "work/", "/" + "tmp/cw", "/" + "home/", "/" + "root/", "C:" + @"\Users"];

    private static readonly string[] Registries =
        ["registry." + "npmjs", "api.nuget" + ".org", "nuget" + ".org/v3", "deb." + "debian.org", "security." + "debian.org", "archive." + "ubuntu.com", "artifact" + "ory"];

    private static readonly string[] VagueNames = ["Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Common", "Manager", "Managers", "Misc"];

    [Fact]
    public void No_file_names_a_path_of_some_machine() => FilesWith(MachinePaths).ShouldBeEmpty();

    [Fact]
    public void No_file_names_the_address_of_a_package_registry() => FilesWith(Registries).ShouldBeEmpty();

    [Fact]
    public void No_file_or_folder_has_a_name_that_says_nothing()
    {
        var wrong = from file in Repository.Files
                    from part in file.Split('/')
                    let name = part.Split('.')[0]
                    where VagueNames.Any(vague => name.Equals(vague, StringComparison.OrdinalIgnoreCase) || (name.EndsWith(vague, StringComparison.Ordinal) && name.Length > vague.Length))
                    select file;
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void A_file_of_code_holds_one_type_and_has_its_name()
    {
        var wrong = new List<string>();
        foreach (var file in CodeFiles())
        {
            var root = CSharpSyntaxTree.ParseText(File.ReadAllText(Repository.PathOf(file)), new CSharpParseOptions(LanguageVersion.Preview)).GetCompilationUnitRoot();
            var names = root.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
                .Select(node => node switch
                {
                    BaseTypeDeclarationSyntax type when !type.Modifiers.Any(modifier => modifier.IsKind(SyntaxKind.FileKeyword)) => type.Identifier.Text,
                    DelegateDeclarationSyntax type => type.Identifier.Text,
                    _ => null,
                })
                .Where(name => name is not null).Distinct(StringComparer.Ordinal).ToList();
            var stem = Path.GetFileName(file).Split('.')[0];
            if (names.Count > 1 || (names.Count == 1 && names[0] != stem))
            {
                wrong.Add($"{file}: {string.Join(", ", names)}");
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void No_code_waits_for_somebody_to_finish_it()
    {
        // A warning that is switched off, or a mark of unfinished work, hides what the next reader must know.
        string[] marks = ["#pragma warning " + "disable", "NotImplemented" + "Exception", "// TO" + "DO", "// FIX" + "ME", "// HA" + "CK"];
        FilesWith(marks, CodeFiles()).ShouldBeEmpty();
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_place()
    {
        var wrong = Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(file => Regex.IsMatch(File.ReadAllText(Repository.PathOf(file)), "<PackageReference[^>]*Version="));
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void A_shell_script_can_be_run_and_stops_at_an_unset_variable()
    {
        var scripts = Repository.Files.Where(file => file.EndsWith(".sh", StringComparison.Ordinal) || file == ".ci/run").ToList();
        scripts.ShouldNotBeEmpty();
        scripts.Where(file => !OperatingSystem.IsWindows() && !File.GetUnixFileMode(Repository.PathOf(file)).HasFlag(UnixFileMode.UserExecute)).ShouldBeEmpty();
        scripts.Where(file => !Regex.IsMatch(File.ReadAllText(Repository.PathOf(file)), @"^set -\w*u", RegexOptions.Multiline)).ShouldBeEmpty();
    }

    private static IEnumerable<string> CodeFiles() =>
        Repository.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && !file.StartsWith("api/", StringComparison.Ordinal) && !file.StartsWith("eng/", StringComparison.Ordinal)
            && !file.StartsWith("docs/", StringComparison.Ordinal));

    private static IEnumerable<string> FilesWith(string[] words, IEnumerable<string>? files = null)
    {
        foreach (var file in files ?? Repository.Files)
        {
            var text = File.ReadAllText(Repository.PathOf(file));
            foreach (var word in words)
            {
                if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                {
                    yield return $"{file}: {word}";
                }
            }
        }
    }
}
