using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ChainWatch.Deploy.Tests;

/// <summary>Says which keys and kinds of values a YAML document may have, so that a misspelt key, which most tools pass over in silence, is found.</summary>
internal static partial class Shape
{
    /// <summary>What is wrong with a document, by one of the shapes in the folder <c>Shapes</c>.</summary>
    public static IReadOnlyList<string> Check(YamlNode document, string file, string shape)
    {
        YamlNode expected = Yaml.Read(Repository.PathOf("tests", "ChainWatch.Deploy.Tests", "Shapes", file)).Single().At(shape)
            ?? throw new InvalidDataException($"{file} has no shape '{shape}'.");
        List<string> problems = [];
        Compare(document, expected, shape, problems);
        return problems;
    }

    private static void Compare(YamlNode node, YamlNode expected, string path, List<string> problems)
    {
        switch (expected)
        {
            case YamlScalarNode { Value: "any" }:
                break;
            case YamlScalarNode kind when node is YamlScalarNode scalar:
                if (!Fits(scalar, kind.Value!))
                {
                    problems.Add($"{path}: '{scalar.Value}' is no {kind.Value}");
                }

                break;
            case YamlSequenceNode { Children: [var inner] } when node is YamlSequenceNode list:
                for (int i = 0; i < list.Children.Count; i++)
                {
                    Compare(list.Children[i], inner, $"{path}[{i}]", problems);
                }

                break;
            case YamlMappingNode shape when node is YamlMappingNode map:
                foreach ((YamlNode key, YamlNode value) in map.Children)
                {
                    if (shape.Children.TryGetValue(key, out YamlNode? inside) || shape.Children.TryGetValue(new YamlScalarNode("*"), out inside))
                    {
                        Compare(value, inside, $"{path}.{key}", problems);
                    }
                    else
                    {
                        problems.Add($"{path}: there is no key '{key}'");
                    }
                }

                break;
            case YamlMappingNode when node is YamlScalarNode { Value: null or "" }:
                break; // a key without a value: nothing is set
            default:
                problems.Add($"{path}: {node.NodeType} where {expected.NodeType} is expected");
                break;
        }
    }

    private static bool Fits(YamlScalarNode scalar, string kind) => kind switch
    {
        "int" => scalar.Style == ScalarStyle.Plain && int.TryParse(scalar.Value, out _),
        "bool" => scalar.Style == ScalarStyle.Plain && scalar.Value is "true" or "false",
        "text" => true,
        "string" => scalar.Style != ScalarStyle.Plain || !OtherThanText().IsMatch(scalar.Value ?? ""),
        _ => throw new InvalidDataException($"There is no kind '{kind}'."),
    };

    // What YAML 1.1, which Go's tools read, takes for something else than text.
    [GeneratedRegex(@"^(|~|null|true|false|yes|no|on|off|y|n|[-+]?[0-9][0-9_]*(\.[0-9]*)?([eE][-+]?[0-9]+)?|0x[0-9a-fA-F]+|[0-9]+(:[0-9]{2})+)$", RegexOptions.IgnoreCase)]
    private static partial Regex OtherThanText();
}
