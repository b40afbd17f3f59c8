using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ChainWatch.House.Tests;

/// <summary>Operators filter and alarm by the ids of log events, so that no two events may share one.</summary>
public sealed class LogEventsTests
{
    [Fact]
    public void Every_log_event_has_an_id_of_its_own_and_a_name()
    {
        var events = Repository.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)).SelectMany(EventsOf).ToList();

        events.Count.ShouldBeGreaterThan(80);
        events.Where(one => one.Id is null || one.Name is null).ShouldBeEmpty();
        events.GroupBy(one => one.Id).Where(same => same.Count() > 1).SelectMany(same => same).ShouldBeEmpty();
    }

    private static IEnumerable<LogEvent> EventsOf(string file) =>
        CSharpSyntaxTree.ParseText(File.ReadAllText(Repository.PathOf(file)), new CSharpParseOptions(LanguageVersion.Preview)).GetRoot().DescendantNodes().OfType<AttributeSyntax>()
            .Where(attribute => attribute.Name.ToString() == "LoggerMessage")
            .Select(attribute => attribute.ArgumentList!.Arguments)
            .Select(arguments => new LogEvent(
                file,
                Named(arguments, "EventId") ?? arguments.FirstOrDefault(argument => argument.NameEquals is null)?.Expression.ToString(),
                Named(arguments, "EventName")));

    private static string? Named(SeparatedSyntaxList<AttributeArgumentSyntax> arguments, string name) =>
        arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.Text == name)?.Expression.ToString();

    private sealed record LogEvent(string File, string? Id, string? Name);
}
