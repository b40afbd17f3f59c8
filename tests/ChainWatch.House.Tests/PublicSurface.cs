using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace ChainWatch.House.Tests;

/// <summary>Prints what an assembly shows to others as C# stubs, in an order that only changes where the surface does.</summary>
internal sealed class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly StringBuilder _text = new();
    private readonly NullabilityInfoContext _nullability = new();

    public static string Print(Assembly assembly)
    {
        var surface = new PublicSurface();
        foreach (var group in assembly.GetExportedTypes().Where(type => !type.IsNested && !IsGenerated(type)).GroupBy(type => type.Namespace ?? "").OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            surface.Line(0, $"namespace {group.Key}");
            surface.Line(0, "{");
            var first = true;
            foreach (var type in group.OrderBy(type => type.Name, StringComparer.Ordinal))
            {
                if (!first)
                {
                    surface._text.Append('\n');
                }

                first = false;
                surface.PrintType(type, 1);
            }

            surface.Line(0, "}");
        }

        return surface._text.ToString();
    }

    private static bool IsGenerated(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal) || member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static bool IsVisible([NotNullWhen(true)] MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    private static string Access(MethodBase method) => method.IsPublic ? "public" : method.IsFamilyOrAssembly ? "protected internal" : "protected";

    private void Line(int depth, string line) => _text.Append(' ', depth * 4).Append(line).Append('\n');

    private void PrintType(Type type, int depth)
    {
        foreach (var attribute in AttributesOf(type))
        {
            Line(depth, attribute);
        }

        if (type.IsSubclassOf(typeof(MulticastDelegate)))
        {
            var invoke = type.GetMethod("Invoke")!;
            Line(depth, $"public delegate {ReturnOf(invoke)} {NameOf(type)}({ParametersOf(invoke)}){ConstraintsOf(type.GetGenericArguments())};");
            return;
        }

        Line(depth, $"public {KindOf(type)} {NameOf(type)}{BasesOf(type)}{ConstraintsOf(type.GetGenericArguments())}");
        Line(depth, "{");
        if (type.IsEnum)
        {
            foreach (var value in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                Line(depth + 1, $"{value.Name} = {Convert.ToString(value.GetRawConstantValue(), CultureInfo.InvariantCulture)},");
            }
        }
        else
        {
            foreach (var member in MembersOf(type))
            {
                Line(depth + 1, member);
            }

            foreach (var nested in type.GetNestedTypes().Where(nested => !IsGenerated(nested)).OrderBy(nested => nested.Name, StringComparer.Ordinal))
            {
                PrintType(nested, depth + 1);
            }
        }

        Line(depth, "}");
    }

    private IEnumerable<string> MembersOf(Type type)
    {
        var fields = type.GetFields(Declared).Where(field => (field.IsPublic || field.IsFamily) && !IsGenerated(field)).Select(Print);
        var constructors = type.GetConstructors(Declared).Where(constructor => IsVisible(constructor) && !constructor.IsStatic && !IsGenerated(constructor))
            .Select(constructor => $"{Access(constructor)} {BareName(type)}({ParametersOf(constructor)});");
        var properties = type.GetProperties(Declared).Where(property => (IsVisible(property.GetMethod) || IsVisible(property.SetMethod)) && !IsGenerated(property)).Select(Print);
        var events = type.GetEvents(Declared).Where(item => IsVisible(item.AddMethod)).Select(item => $"public event {TypeName(item.EventHandlerType!)} {item.Name};");
        var methods = type.GetMethods(Declared)
            .Where(method => IsVisible(method) && !IsGenerated(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)))
            .Select(Print);
        return fields.Order(StringComparer.Ordinal)
            .Concat(constructors.Order(StringComparer.Ordinal))
            .Concat(properties.Order(StringComparer.Ordinal))
            .Concat(events.Order(StringComparer.Ordinal))
            .Concat(methods.Order(StringComparer.Ordinal));
    }

    private string Print(FieldInfo field)
    {
        var kind = field.IsLiteral ? "const " : field.IsStatic ? field.IsInitOnly ? "static readonly " : "static " : field.IsInitOnly ? "readonly " : "";
        var value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue(), field.FieldType)}" : "";
        return $"{(field.IsPublic ? "public" : "protected")} {kind}{TypeName(_nullability.Create(field), field.FieldType)} {field.Name}{value};";
    }

    private string Print(PropertyInfo property)
    {
        var accessor = IsVisible(property.GetMethod) ? property.GetMethod : property.SetMethod!;
        var get = IsVisible(property.GetMethod) ? "get; " : "";
        var set = "";
        if (IsVisible(property.SetMethod))
        {
            var init = property.SetMethod.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
            var access = Access(property.SetMethod) == Access(accessor) ? "" : Access(property.SetMethod) + " ";
            set = access + (init ? "init; " : "set; ");
        }

        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Print))}]";
        return $"{Prefix(accessor)}{required}{TypeName(_nullability.Create(property), property.PropertyType)} {name} {{ {get}{set}}}";
    }

    private string Print(MethodInfo method)
    {
        var attribute = string.Concat(AttributesOf(method).Select(text => text + " "));
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";
        return $"{attribute}{Prefix(method)}{ReturnOf(method)} {method.Name}{generic}({ParametersOf(method)}){ConstraintsOf(method.GetGenericArguments())};";
    }

    private static string Prefix(MethodInfo method)
    {
        if (method.DeclaringType!.IsInterface && method.IsAbstract)
        {
            return method.IsStatic ? "static abstract " : "";
        }

        var kind = method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true, IsFinal: false } when method.GetBaseDefinition() != method => "override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };
        return $"{Access(method)} {kind}";
    }

    private string ReturnOf(MethodInfo method) => TypeName(_nullability.Create(method.ReturnParameter), method.ReturnType);

    private string ParametersOf(MethodBase method)
    {
        var extension = method.IsDefined(typeof(ExtensionAttribute), inherit: false) ? "this " : "";
        return extension + string.Join(", ", method.GetParameters().Select(Print));
    }

    private string Print(ParameterInfo parameter)
    {
        var modifier = parameter.ParameterType.IsByRef ? parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref " : "";
        if (parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)))
        {
            modifier = "params ";
        }

        var value = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue, parameter.ParameterType)}" : "";
        return $"{modifier}{TypeName(_nullability.Create(parameter), parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string Literal(object? value, Type type) => value switch
    {
        null when type.IsValueType && Nullable.GetUnderlyingType(type) is null => "default",
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ when type.IsEnum => $"({type.Name}){Convert.ToString(value, CultureInfo.InvariantCulture)}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string KindOf(Type type)
    {
        if (type.IsEnum)
        {
            return "enum";
        }

        if (type.IsInterface)
        {
            return "interface";
        }

        var record = type.GetMethod("<Clone>$") is not null || (type.IsValueType && type.GetMethod("PrintMembers", Declared) is not null) ? "record " : "";
        if (type.IsValueType)
        {
            var readOnly = type.IsDefined(typeof(IsReadOnlyAttribute), inherit: false) ? "readonly " : "";
            return $"{readOnly}{(type.IsByRefLike ? "ref " : "")}{record}struct";
        }

        var modifier = type switch
        {
            { IsAbstract: true, IsSealed: true } => "static ",
            { IsAbstract: true } => "abstract ",
            { IsSealed: true } => "sealed ",
            _ => "",
        };
        return $"{modifier}{record}class";
    }

    private static string BasesOf(Type type)
    {
        var bases = new List<string>();
        if (type.IsEnum)
        {
            var underlying = Enum.GetUnderlyingType(type);
            return underlying == typeof(int) ? "" : $" : {TypeName(underlying)}";
        }

        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            bases.Add(TypeName(parent));
        }

        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var all = type.GetInterfaces();
        bases.AddRange(all.Where(item => item.IsVisible && !inherited.Contains(item) && !all.Any(other => other != item && other.GetInterfaces().Contains(item)))
            .Select(TypeName).Order(StringComparer.Ordinal));
        return bases.Count == 0 ? "" : $" : {string.Join(", ", bases)}";
    }

    private static string ConstraintsOf(Type[] arguments)
    {
        var text = new StringBuilder();
        foreach (var argument in arguments.Where(argument => argument.IsGenericParameter))
        {
            var rules = new List<string>();
            var flags = argument.GenericParameterAttributes;
            if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            {
                rules.Add("class");
            }

            var valueType = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
            if (valueType)
            {
                rules.Add("struct");
            }

            rules.AddRange(argument.GetGenericParameterConstraints().Where(rule => rule != typeof(ValueType)).Select(TypeName).Order(StringComparer.Ordinal));
            if (flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !valueType)
            {
                rules.Add("new()");
            }

            if (rules.Count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $" where {argument.Name} : {string.Join(", ", rules)}");
            }
        }

        return text.ToString();
    }

    private static IEnumerable<string> AttributesOf(MemberInfo member)
    {
        foreach (var attribute in member.GetCustomAttributes(inherit: false))
        {
            switch (attribute)
            {
                case FlagsAttribute:
                    yield return "[Flags]";
                    break;
                case ObsoleteAttribute obsolete when obsolete.DiagnosticId is null:
                    yield return $"[Obsolete(\"{obsolete.Message}\")]";
                    break;
                case ExperimentalAttribute experimental:
                    yield return $"[Experimental(\"{experimental.DiagnosticId}\")]";
                    break;
                default:
                    break;
            }
        }
    }

    private static string BareName(Type type) => type.Name.Split('`')[0];

    private static string NameOf(Type type)
    {
        if (!type.IsGenericTypeDefinition)
        {
            return BareName(type);
        }

        var arguments = type.GetGenericArguments().Select(argument => Variance(argument) + argument.Name);
        return $"{BareName(type)}<{string.Join(", ", arguments)}>";
    }

    private static string Variance(Type argument) => (argument.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
    {
        GenericParameterAttributes.Covariant => "out ",
        GenericParameterAttributes.Contravariant => "in ",
        _ => "",
    };

    private static string TypeName(NullabilityInfo nullability, Type type)
    {
        if (type.IsByRef)
        {
            type = type.GetElementType()!;
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return TypeName(underlying) + "?";
        }

        string name;
        if (type.IsArray && nullability.ElementType is { } element)
        {
            name = $"{TypeName(element, type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }
        else if (type.IsGenericType && nullability.GenericTypeArguments.Length == type.GetGenericArguments().Length)
        {
            var arguments = type.GetGenericArguments().Select((argument, index) => TypeName(nullability.GenericTypeArguments[index], argument)).ToArray();
            name = Compose(type, arguments);
        }
        else
        {
            name = TypeName(type);
        }

        return !type.IsValueType && nullability.ReadState == NullabilityState.Nullable ? name + "?" : name;
    }

    private static string TypeName(Type type)
    {
        if (type.IsByRef)
        {
            return TypeName(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return $"{TypeName(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.IsGenericType)
        {
            return Nullable.GetUnderlyingType(type) is { } underlying ? TypeName(underlying) + "?" : Compose(type, [.. type.GetGenericArguments().Select(TypeName)]);
        }

        return Type.GetTypeCode(type) switch
        {
            _ when type.IsEnum => type.Name,
            TypeCode.Boolean => "bool",
            TypeCode.Byte => "byte",
            TypeCode.SByte => "sbyte",
            TypeCode.Char => "char",
            TypeCode.Int16 => "short",
            TypeCode.UInt16 => "ushort",
            TypeCode.Int32 => "int",
            TypeCode.UInt32 => "uint",
            TypeCode.Int64 => "long",
            TypeCode.UInt64 => "ulong",
            TypeCode.Single => "float",
            TypeCode.Double => "double",
            TypeCode.Decimal => "decimal",
            TypeCode.String => "string",
            _ when type == typeof(void) => "void",
            _ when type == typeof(object) => "object",
            _ => type.Name,
        };
    }

    private static string Compose(Type type, string[] arguments) =>
        type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true ? $"({string.Join(", ", arguments)})" : $"{BareName(type)}<{string.Join(", ", arguments)}>";
}
