using System.Reflection;
using System.Runtime.CompilerServices;

namespace ChainWatch.House.Tests;

/// <summary>The rules that the public surface of every package keeps.</summary>
public sealed class ApiRulesTests
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly[] Assemblies = [.. Repository.Packages.Select(Assembly.Load)];

    private static readonly Type[] Types = [.. Assemblies.SelectMany(assembly => assembly.GetExportedTypes()).Where(type => !type.Name.Contains('<', StringComparison.Ordinal))];

    private static readonly HashSet<string> ExtensionNamespaces = ["Microsoft.Extensions.DependencyInjection", "Microsoft.AspNetCore.Builder"];

    [Fact]
    public void A_public_class_is_sealed_unless_it_is_abstract_or_a_package_of_ours_derives_from_it()
    {
        var bases = Types.Select(type => type.BaseType).Where(type => type is not null).Select(type => type!.IsGenericType ? type.GetGenericTypeDefinition() : type).ToHashSet();
        Types.Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false } && !bases.Contains(type))
            .Select(type => type.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void A_class_that_may_grow_is_no_positional_record()
    {
        // Another member would change its constructor and its deconstruction: a break for whoever was compiled against it.
        Types.Where(type => type.IsClass && type.GetMethod("<Clone>$") is not null && type.GetMethod("Deconstruct") is not null)
            .Select(type => type.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void A_type_lives_in_the_namespace_of_its_package_and_only_extensions_live_with_what_they_extend()
    {
        Types.Where(type => !type.IsNested && type.Namespace != type.Assembly.GetName().Name
                && !(ExtensionNamespaces.Contains(type.Namespace!) && type is { IsAbstract: true, IsSealed: true } && type.Name.EndsWith("Extensions", StringComparison.Ordinal)))
            .Select(type => type.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void A_method_that_returns_a_task_ends_in_Async()
    {
        OwnMethods().Where(method => IsAwaitable(method.ReturnType) && !method.Name.EndsWith("Async", StringComparison.Ordinal))
            .Select(NameOf).ShouldBeEmpty();
    }

    [Fact]
    public void An_asynchronous_method_takes_a_cancellation_token_and_takes_it_last()
    {
        OwnMethods().Where(method => IsAwaitable(method.ReturnType) && method.GetParameters().LastOrDefault()?.ParameterType != typeof(CancellationToken))
            .Select(NameOf).ShouldBeEmpty();
    }

    [Fact]
    public void An_interface_gives_its_parameters_no_defaults()
    {
        OwnMethods().Where(method => method.DeclaringType!.IsInterface && method.GetParameters().Any(parameter => parameter.HasDefaultValue))
            .Select(NameOf).ShouldBeEmpty();
    }

    [Fact]
    public void No_state_is_shared_by_a_public_field()
    {
        Types.Where(type => !type.IsEnum).SelectMany(type => type.GetFields(Own)).Where(field => !field.IsLiteral && !field.IsInitOnly)
            .Select(field => $"{field.DeclaringType!.FullName}.{field.Name}").ShouldBeEmpty();
    }

    [Fact]
    public void An_exception_says_so_and_is_one_of_ours()
    {
        var exceptions = Types.Where(type => type.IsSubclassOf(typeof(Exception))).ToList();
        exceptions.ShouldNotBeEmpty();
        exceptions.Where(type => !type.Name.EndsWith("Exception", StringComparison.Ordinal) || !type.IsAssignableTo(typeof(ChainWatchException)))
            .Select(type => type.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void An_amount_is_never_a_floating_point_number()
    {
        string[] words = ["Amount", "Balance", "Value"];
        Type[] inexact = [typeof(double), typeof(float), typeof(decimal), typeof(double?), typeof(float?), typeof(decimal?)];
        var properties = Types.SelectMany(type => type.GetProperties(Own))
            .Where(property => inexact.Contains(property.PropertyType) && words.Any(word => property.Name.Contains(word, StringComparison.Ordinal)))
            .Select(property => $"{property.DeclaringType!.FullName}.{property.Name}");
        var parameters = Types.SelectMany(type => type.GetMethods(Own).Where(method => !method.IsSpecialName)).SelectMany(method => method.GetParameters())
            .Where(parameter => inexact.Contains(parameter.ParameterType) && words.Any(word => parameter.Name!.Contains(word, StringComparison.OrdinalIgnoreCase)))
            .Select(parameter => $"{NameOf((MethodInfo)parameter.Member)}({parameter.Name})");
        properties.Concat(parameters).ShouldBeEmpty();
    }

    [Fact]
    public void Only_our_own_tests_and_benchmarks_see_what_is_internal()
    {
        var friends = Assemblies.SelectMany(assembly => assembly.GetCustomAttributes<InternalsVisibleToAttribute>()).Select(attribute => attribute.AssemblyName);
        friends.Where(friend => !friend.EndsWith(".Tests", StringComparison.Ordinal) && !friend.StartsWith("ChainWatch.Benchmarks", StringComparison.Ordinal) && friend is not ("ChainWatch.Scenarios" or "DynamicProxyGenAssembly2")).ShouldBeEmpty();
    }

    [Fact]
    public void A_package_refers_to_no_more_of_ours_than_the_core()
    {
        // The tool is a program: like a host, it puts the packages together.
        foreach (var assembly in Assemblies.Where(assembly => assembly.GetName().Name is not ("ChainWatch" or "ChainWatch.Cli")))
        {
            assembly.GetReferencedAssemblies().Select(reference => reference.Name!).Where(name => Repository.Packages.Contains(name) && name != "ChainWatch")
                .ShouldBeEmpty(assembly.GetName().Name);
        }
    }

    private static IEnumerable<MethodInfo> OwnMethods() =>
        Types.Where(type => !type.IsSubclassOf(typeof(Delegate)))
            .SelectMany(type => type.GetMethods(Own).Where(method => !method.IsSpecialName && !method.Name.Contains('<', StringComparison.Ordinal) && !FollowsAnotherContract(type, method)));

    /// <summary>Overrides and implementations keep the shape of what they override or implement, where that is not ours.</summary>
    private static bool FollowsAnotherContract(Type type, MethodInfo method)
    {
        if (method.GetBaseDefinition() is var definition && definition != method && !Assemblies.Contains(definition.DeclaringType!.Assembly))
        {
            return true;
        }

        return !type.IsInterface && type.GetInterfaces().Where(contract => !Assemblies.Contains(contract.Assembly))
            .Any(contract => type.GetInterfaceMap(contract).TargetMethods.Contains(method));
    }

    private static bool IsAwaitable(Type type)
    {
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return definition == typeof(Task) || definition == typeof(Task<>) || definition == typeof(ValueTask) || definition == typeof(ValueTask<>) || definition == typeof(IAsyncEnumerable<>);
    }

    private static string NameOf(MethodInfo method) => $"{method.DeclaringType!.FullName}.{method.Name}";
}
