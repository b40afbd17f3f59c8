using System.Reflection;

namespace ChainWatch.House.Tests;

public sealed class PublicSurfaceTests
{
    public static TheoryData<string> Packages => [.. Repository.Packages];

    [Theory]
    [MemberData(nameof(Packages))]
    public void What_a_package_shows_to_others_is_what_its_listing_in_api_says(string package)
    {
        var file = Repository.PathOf($"api/{package}.cs");
        var actual = PublicSurface.Print(Assembly.Load(package));
        if (Environment.GetEnvironmentVariable("CHAINWATCH_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
        }

        var expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (actual != expected)
        {
            Assert.Fail($"The public surface of {package} is not what api/{package}.cs lists. If the change is meant: eng/accept-api.sh, and commit the listing with it.\n{Difference(expected, actual)}");
        }
    }

    [Fact]
    public void There_is_no_listing_without_a_package()
    {
        var listings = Directory.GetFiles(Repository.PathOf("api"), "*.cs").Select(file => Path.GetFileNameWithoutExtension(file));
        listings.Except(Repository.Packages, StringComparer.Ordinal).ShouldBeEmpty();
    }

    private static string Difference(string expected, string actual)
    {
        var before = expected.Split('\n');
        var after = actual.Split('\n');
        var lost = before.Except(after, StringComparer.Ordinal).Select(line => "- " + line.Trim());
        var gained = after.Except(before, StringComparer.Ordinal).Select(line => "+ " + line.Trim());
        return string.Join('\n', lost.Concat(gained).Take(60));
    }
}
