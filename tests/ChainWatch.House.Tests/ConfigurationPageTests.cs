using System.Reflection;

namespace ChainWatch.House.Tests;

/// <summary>docs/configuration.md names every option there is.</summary>
public sealed class ConfigurationPageTests
{
    [Fact]
    public void Every_option_that_can_be_configured_is_on_the_page()
    {
        var page = File.ReadAllText(Repository.PathOf("docs/configuration.md"));
        var options = Repository.Packages.Where(package => package != "ChainWatch.Testing").Select(Assembly.Load).SelectMany(assembly => assembly.GetExportedTypes()).Where(IsConfigured).ToList();
        options.Count.ShouldBeGreaterThan(5);

        var missing = options.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            // An object of options is named with its own options behind it.
            .Where(property => !property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal))
            // What a host observes with is set in code only.
            .Where(property => !property.PropertyType.IsSubclassOf(typeof(Delegate)))
            .Where(property => !page.Contains($"`{property.Name}`", StringComparison.Ordinal) && !page.Contains($":{property.Name}`", StringComparison.Ordinal))
            .Select(property => $"{property.DeclaringType!.Name}.{property.Name}");
        missing.ShouldBeEmpty();
    }

    private static bool IsConfigured(Type type) =>
        type.Name.EndsWith("Options", StringComparison.Ordinal)
        && (type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).Any(method => method.GetParameters().Any(parameter => parameter.ParameterType == typeof(ConfigurationReader)))
            || type.Name is "PostgresOptions" or "ConfirmationRuleOptions");
}
