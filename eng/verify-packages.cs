// Verifies the packages in a folder: dotnet run eng/verify-packages.cs -- FOLDER [SECOND-FOLDER]
// Every intended package is there and nothing else, with exactly its intended dependencies, its README, XML docs, symbols, licence and, where
// the repository has a remote, the commit it was built from. With a second folder: both packings are byte for byte the same.
#:property PublishAot=false
#:property NoWarn=CA1303;CA1852

using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;

// The literal list: a dependency that is added, dropped or promoted from a transitive one must be changed here too, on purpose.
var intended = new SortedDictionary<string, string[]>(StringComparer.Ordinal)
{
    ["ChainWatch"] =
    [
        "Microsoft.Extensions.Diagnostics.HealthChecks", "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Options.ConfigurationExtensions",
        "Polly", "System.Threading.RateLimiting",
    ],
    ["ChainWatch.AspNetCore"] = ["ChainWatch", "framework:Microsoft.AspNetCore.App"],
    ["ChainWatch.Cli"] = [], // a tool: it carries what it needs
    ["ChainWatch.Bitcoin"] = ["ChainWatch"],
    ["ChainWatch.Blockbook"] = ["ChainWatch"],
    ["ChainWatch.Cardano"] = ["ChainWatch"],
    ["ChainWatch.Evm"] = ["ChainWatch"],
    ["ChainWatch.Postgres"] = ["ChainWatch", "Npgsql"],
    ["ChainWatch.Testing"] = ["ChainWatch"],
    ["ChainWatch.Xrpl"] = ["ChainWatch"],
};

if (args.Length is 0 or > 2)
{
    Console.Error.WriteLine("usage: dotnet run eng/verify-packages.cs -- FOLDER [SECOND-FOLDER]");
    return 2;
}

var wrong = new List<string>();
void Require(bool condition, string message)
{
    if (!condition)
    {
        wrong.Add(message);
    }
}

var folder = args[0];
var hasRemote = Git("remote").Length > 0;
var commit = Git("rev-parse HEAD");
var files = Directory.GetFiles(folder, "*.nupkg").ToDictionary(file => NuspecOf(file).Id, StringComparer.Ordinal);
foreach (var id in files.Keys.Except(intended.Keys, StringComparer.Ordinal))
{
    wrong.Add($"{id}: is not an intended package. Add it to eng/verify-packages.cs, or set IsPackable to false.");
}

foreach (var (id, dependencies) in intended)
{
    if (!files.TryGetValue(id, out var file))
    {
        wrong.Add($"{id}: there is no such package in {folder}.");
        continue;
    }

    var (_, version, metadata, ns) = NuspecOf(file);
    string? Value(string name) => metadata.Element(ns + name)?.Value;

    var license = metadata.Element(ns + "license");
    Require(license?.Attribute("type")?.Value == "expression" && license.Value == "MIT", $"{id}: the licence is not the expression MIT.");
    Require(!string.IsNullOrWhiteSpace(Value("description")) && Value("description") != "Package Description", $"{id}: it has no description.");
    Require(!string.IsNullOrWhiteSpace(Value("authors")) && Value("authors") != id, $"{id}: it names no authors.");
    Require(!string.IsNullOrWhiteSpace(Value("tags")), $"{id}: it has no tags.");
    Require(Value("readme") == "README.md", $"{id}: it names no README.");
    if (hasRemote)
    {
        Require(metadata.Element(ns + "repository")?.Attribute("commit")?.Value == commit, $"{id}: it does not name the commit {commit} that it was built from.");
    }

    var found = metadata.Descendants(ns + "dependency").Select(dependency => dependency.Attribute("id")!.Value)
        .Concat(metadata.Descendants(ns + "frameworkReference").Select(reference => "framework:" + reference.Attribute("name")!.Value))
        .Order(StringComparer.Ordinal).ToArray();
    Require(found.SequenceEqual(dependencies.Order(StringComparer.Ordinal)), $"{id}: it depends on [{string.Join(", ", found)}], intended is [{string.Join(", ", dependencies)}].");
    foreach (var dependency in metadata.Descendants(ns + "dependency"))
    {
        var wanted = dependency.Attribute("version")!.Value;
        var own = intended.ContainsKey(dependency.Attribute("id")!.Value);
        Require(!own || wanted == version, $"{id}: it wants {dependency.Attribute("id")!.Value} {wanted}, its own version is {version}.");
        Require(own || !wanted.Contains('-', StringComparison.Ordinal), $"{id}: it depends on a prerelease, {dependency.Attribute("id")!.Value} {wanted}.");
    }

    using var package = ZipFile.OpenRead(file);
    var entries = package.Entries.Select(entry => entry.FullName).ToHashSet(StringComparer.Ordinal);
    var isTool = metadata.Descendants(ns + "packageType").Any(type => type.Attribute("name")?.Value == "DotnetTool");
    var home = isTool ? "tools/net10.0/any" : "lib/net10.0";
    Require(entries.Contains($"{home}/{id}.dll"), $"{id}: there is no {home}/{id}.dll.");
    Require(isTool ? entries.Contains($"{home}/DotnetToolSettings.xml") : entries.Contains($"{home}/{id}.xml"), $"{id}: there are no {(isTool ? "settings of a tool" : "XML docs")}.");
    Require(entries.Contains("README.md"), $"{id}: there is no README.md inside.");
    var stray = entries.Where(entry => !IsExpected(entry, id) && !(isTool && entry.StartsWith(home + "/", StringComparison.Ordinal))).ToList();
    Require(stray.Count == 0, $"{id}: it holds what it should not: {string.Join(", ", stray)}.");
    if (package.GetEntry("README.md") is { } readme)
    {
        using var reader = new StreamReader(readme.Open());
        var text = reader.ReadToEnd();
        Require(text.Length > 200, $"{id}: its README says next to nothing.");
        Require(!text.Contains("](../", StringComparison.Ordinal) && !text.Contains("](./", StringComparison.Ordinal), $"{id}: its README has a relative link, which a gallery does not resolve.");
    }

    VerifySymbols(id, home, Path.ChangeExtension(file, ".snupkg"));
}

if (args.Length == 2)
{
    foreach (var file in Directory.GetFiles(folder, "*.*nupkg"))
    {
        var other = Path.Combine(args[1], Path.GetFileName(file));
        Require(File.Exists(other) && File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(other)), $"{Path.GetFileName(file)}: packing it twice gave two different files.");
    }
}

foreach (var message in wrong)
{
    Console.Error.WriteLine($"verify-packages: {message}");
}

Console.WriteLine(wrong.Count == 0 ? $"verify-packages: {intended.Count} packages are as intended" : $"verify-packages: {wrong.Count} faults");
return wrong.Count == 0 ? 0 : 1;

void VerifySymbols(string id, string home, string file)
{
    if (!File.Exists(file))
    {
        wrong.Add($"{id}: there is no symbol package.");
        return;
    }

    using var package = ZipFile.OpenRead(file);
    if (package.GetEntry($"{home}/{id}.pdb") is not { } entry)
    {
        wrong.Add($"{id}: the symbol package holds no {id}.pdb.");
        return;
    }

    using var buffer = new MemoryStream();
    using (var stream = entry.Open())
    {
        stream.CopyTo(buffer);
    }

    buffer.Position = 0;
    using var provider = MetadataReaderProvider.FromPortablePdbStream(buffer);
    var reader = provider.GetMetadataReader();
    foreach (var handle in reader.Documents)
    {
        var name = reader.GetString(reader.GetDocument(handle).Name);
        if (!name.StartsWith("/_/", StringComparison.Ordinal) && !name.StartsWith("/_1/", StringComparison.Ordinal))
        {
            wrong.Add($"{id}: its symbols name a file of the build machine, {name}. Pack with CI=true.");
            break;
        }
    }

    if (hasRemote)
    {
        // The kind of custom debug information that holds SourceLink's map, as the portable PDB specification names it.
        var sourceLink = new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A");
        var maps = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
            .Where(information => reader.GetGuid(information.Kind) == sourceLink)
            .Select(information => Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value))).ToList();
        Require(maps.Count == 0 || maps.Any(map => map.Contains(commit, StringComparison.Ordinal)), $"{id}: the SourceLink map in its symbols does not name the commit {commit}.");
    }
}

static bool IsExpected(string entry, string id) =>
    entry == $"{id}.nuspec" || entry == "[Content_Types].xml" || entry == "README.md" || entry.StartsWith("_rels/", StringComparison.Ordinal)
    || entry.StartsWith("package/services/metadata/", StringComparison.Ordinal) || entry == $"lib/net10.0/{id}.dll" || entry == $"lib/net10.0/{id}.xml";

static (string Id, string Version, XElement Metadata, XNamespace Namespace) NuspecOf(string file)
{
    using var package = ZipFile.OpenRead(file);
    using var stream = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
    var root = XDocument.Load(stream).Root!;
    var metadata = root.Elements().Single();
    var ns = metadata.Name.Namespace;
    return (metadata.Element(ns + "id")!.Value, metadata.Element(ns + "version")!.Value, metadata, ns);
}

static string Git(string arguments)
{
    using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("git", arguments) { RedirectStandardOutput = true })!;
    var output = process.StandardOutput.ReadToEnd().Trim();
    process.WaitForExit();
    return output;
}
