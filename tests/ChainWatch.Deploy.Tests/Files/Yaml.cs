using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ChainWatch.Deploy.Tests;

/// <summary>Reads YAML as nodes, and finds its way in them by path.</summary>
internal static class Yaml
{
    /// <summary>The documents of a file. A key that is there twice is an error: YAML readers disagree on which one counts.</summary>
    public static IReadOnlyList<YamlMappingNode> Read(string file)
    {
        using StreamReader reader = File.OpenText(file);
        YamlStream stream = [];
        try
        {
            stream.Load(reader);
        }
        catch (YamlException exception)
        {
            throw new InvalidDataException($"{file}: {exception.Message}", exception);
        }

        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    /// <summary>The node at a path such as <c>spec/template/spec</c>; <see langword="null"/> where there is none.</summary>
    public static YamlNode? At(this YamlNode node, string path)
    {
        YamlNode? at = node;
        foreach (string key in path.Split('/'))
        {
            at = at switch
            {
                YamlMappingNode map => map.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value : null,
                YamlSequenceNode list when int.TryParse(key, out int index) && index < list.Children.Count => list.Children[index],
                _ => null,
            };
        }

        return at;
    }

    /// <summary>The text at a path.</summary>
    public static string Text(this YamlNode node, string path) =>
        node.At(path) is YamlScalarNode { Value: { } value } ? value : throw new InvalidDataException($"There is no text at '{path}' in: {node}");

    /// <summary>The text at a path; <see langword="null"/> where there is none.</summary>
    public static string? TextOrNull(this YamlNode node, string path) => (node.At(path) as YamlScalarNode)?.Value;

    /// <summary>The entries of a list at a path; none where there is no list.</summary>
    public static IReadOnlyList<YamlNode> Items(this YamlNode node, string path) => node.At(path) is YamlSequenceNode list ? [.. list.Children] : [];

    /// <summary>The pairs of a mapping at a path, in order; none where there is no mapping.</summary>
    public static IReadOnlyList<(string Key, YamlNode Value)> Pairs(this YamlNode node, string path) =>
        node.At(path) is YamlMappingNode map ? [.. map.Children.Select(static pair => (((YamlScalarNode)pair.Key).Value!, pair.Value))] : [];
}
