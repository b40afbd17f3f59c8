using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace ChainWatch.Deploy.Tests;

public sealed partial class ComposeTests
{
    private static readonly string Folder = Repository.PathOf("deploy", "compose");
    private static readonly YamlMappingNode Compose = Merge(Yaml.Read(Path.Combine(Folder, "compose.yaml")).Single());
    private static readonly IReadOnlyDictionary<string, string> Variables = File.ReadAllLines(Path.Combine(Folder, ".env.example"))
        .Where(static line => line.Length > 0 && !line.StartsWith('#'))
        .ToDictionary(static line => line.Split('=', 2)[0], static line => line.Split('=', 2)[1], StringComparer.Ordinal);

    private static IReadOnlyList<(string Name, YamlNode Service)> Services => Compose.Pairs("services");

    [Fact]
    public void It_says_only_what_Compose_understands() => Shape.Check(Compose, "compose.yaml", "Compose").ShouldBeEmpty();

    [Theory]
    [InlineData("networks")]
    [InlineData("volumes")]
    [InlineData("secrets")]
    public void What_services_refer_to_is_declared_and_what_is_declared_is_used(string kind)
    {
        IEnumerable<string> used = Services.SelectMany(one => one.Service.Items(kind)).Select(static node => node.ToString().Split(':')[0]).Where(name => !name.StartsWith('.')).Distinct();
        used.ShouldBe(Compose.Pairs(kind).Select(static pair => pair.Key), ignoreOrder: true);
    }

    [Fact]
    public void Every_file_that_it_mounts_or_builds_from_is_there()
    {
        foreach (string source in Services.SelectMany(static one => one.Service.Items("volumes")).Select(static volume => volume.ToString().Split(':')[0]).Where(static source => source.StartsWith('.')))
        {
            string path = Path.GetFullPath(Path.Combine(Folder, source));
            (File.Exists(path) || Directory.Exists(path)).ShouldBeTrue($"there is no {source}");
        }

        YamlNode build = Service("monitor").At("build")!;
        File.Exists(Path.Combine(Folder, build.Text("context"), build.Text("dockerfile"))).ShouldBeTrue();
    }

    [Fact]
    public void Every_secret_is_a_file_that_the_page_beside_it_explains()
    {
        string page = File.ReadAllText(Path.Combine(Folder, "secrets", "README.md"));
        foreach ((string name, YamlNode secret) in Compose.Pairs("secrets"))
        {
            secret.Text("file").ShouldBe($"secrets/{name}");
            page.ShouldContain($"`{name}`");
        }

        File.ReadAllLines(Path.Combine(Folder, "secrets", ".gitignore")).ShouldContain("*");
        File.ReadAllLines(Path.Combine(Folder, ".gitignore")).ShouldContain(".env");
        File.ReadAllText(Path.Combine(Folder, "compose.yaml")).ShouldNotContain("Password=");
    }

    [Fact]
    public void Every_variable_is_in_the_example_and_the_other_way_round() =>
        Variable().Matches(File.ReadAllText(Path.Combine(Folder, "compose.yaml"))).Select(static match => match.Groups["name"].Value).Distinct().ShouldBe(Variables.Keys, ignoreOrder: true);

    [Fact]
    public void ChainWatch_accepts_the_configuration_of_its_service()
    {
        YamlNode monitor = Service("monitor");
        List<(string, string)> settings = [.. monitor.Pairs("environment").Where(static one => one.Key.StartsWith("ChainWatch__", StringComparison.Ordinal)).Select(one => (one.Key, Resolve(one.Value.ToString())))];
        settings.AddRange(monitor.Items("secrets").Select(static secret => (secret.ToString(), secret.ToString().EndsWith("ConnectionString", StringComparison.Ordinal) ? "Host=postgres;Database=chainwatch" : "key")));
        ChainRegistration chain = HostConfiguration.Read(settings).Chains.ShouldHaveSingleItem();
        chain.Options.Endpoints.Count.ShouldBe(2);
        chain.Options.Endpoints[0].ApiKeys.ShouldHaveSingleItem();
    }

    [Fact]
    public void There_are_two_replicas_with_the_agreed_health_check_and_time_to_stop()
    {
        YamlNode monitor = Service("monitor");
        monitor.Text("deploy/replicas").ShouldBe("2");
        YamlNode check = monitor.At("healthcheck")!;
        string.Join(' ', check.Items("test")).ShouldBe("CMD ./DepositMonitor --health");
        (check.Text("interval"), check.Text("timeout"), check.Text("retries"), check.Text("start_period")).ShouldBe(("30s", "10s", "3", "60s"));
        int shutdown = int.Parse(monitor.Text("environment/DOTNET_shutdownTimeoutSeconds"), CultureInfo.InvariantCulture);
        int.Parse(monitor.Text("stop_grace_period").TrimEnd('s'), CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(shutdown + 5);
        TimeSpan delay = TimeSpan.Parse(monitor.Text("environment/ChainWatch__Readiness__DrainDelay"), CultureInfo.InvariantCulture);
        string interval = Yaml.Read(Repository.PathOf("deploy", "prometheus", "prometheus.yml")).Single().Text("global/scrape_interval");
        delay.ShouldBeGreaterThan(TimeSpan.FromSeconds(int.Parse(interval.TrimEnd('s'), CultureInfo.InvariantCulture)));
        delay.ShouldBeLessThan(TimeSpan.FromSeconds(shutdown - 5));
        Services.Where(static one => one.Service.At("healthcheck") is null).Select(static one => one.Name).ShouldBe(["grafana"]);
    }

    [Fact]
    public void Only_nginx_can_be_reached_from_outside_and_the_database_leads_nowhere()
    {
        Services.Where(static one => one.Service.Items("ports").Any(port => !port.ToString().StartsWith("127.0.0.1:", StringComparison.Ordinal))).Select(static one => one.Name).ShouldBe(["nginx"]);
        Service("postgres").Items("networks").Select(static network => network.ToString()).ShouldBe(["backend"]);
        Service("nginx").Items("networks").Select(static network => network.ToString()).ShouldBe(["frontend"]);
        Compose.Text("networks/backend/internal").ShouldBe("true");
        foreach ((string name, YamlNode service) in Services)
        {
            service.TextOrNull("read_only").ShouldBe("true", name);
            service.Items("cap_drop").ShouldHaveSingleItem().ToString().ShouldBe("ALL", name);
            service.Items("security_opt").ShouldContain(option => option.ToString() == "no-new-privileges:true", name);
            service.Text("image").ShouldNotEndWith(":latest", customMessage: name);
        }
    }

    [Fact]
    public void Services_find_each_other_by_names_and_ports_that_exist()
    {
        YamlMappingNode prometheus = Yaml.Read(Repository.PathOf("deploy", "prometheus", "prometheus.yml")).Single();
        string port = DockerfileTests.Environment("ASPNETCORE_HTTP_PORTS");
        YamlNode scrape = prometheus.Items("scrape_configs").Single(static one => one.Text("job_name") == "chainwatch");
        scrape.Text("dns_sd_configs/0/names/0").ShouldBe("monitor");
        scrape.Text("dns_sd_configs/0/port").ShouldBe(port);
        prometheus.Text("alerting/alertmanagers/0/static_configs/0/targets/0").ShouldBe("alertmanager:9093");
        string nginx = Repository.Read("deploy", "nginx", "nginx.conf");
        nginx.ShouldContain($"set $monitor http://monitor:{port};");
        Shared("nginx", "monitor").ShouldBe(["frontend"]);
        Shared("prometheus", "monitor").ShouldBe(["backend"]);
        Shared("prometheus", "alertmanager").ShouldBe(["backend"]);
        Shared("grafana", "prometheus").ShouldBe(["backend"]);
        Shared("monitor", "postgres").ShouldBe(["backend"]);
        Yaml.Read(Repository.PathOf("deploy", "grafana", "provisioning", "datasources", "prometheus.yml")).Single().Text("datasources/0/url").ShouldBe("http://prometheus:9090");
        foreach (string inside in (string[])["8080", "8443"])
        {
            nginx.ShouldContain($"listen {inside}");
            Service("nginx").Items("ports").ShouldContain(one => one.ToString().EndsWith($":{inside}"), inside);
        }
    }

    [Theory]
    [InlineData("nginx", "deploy/nginx/nginx.conf")]
    [InlineData("alertmanager", "deploy/alertmanager/alertmanager.yml")]
    public void What_a_service_reads_from_its_secrets_is_given_to_it(string service, string file)
    {
        string text = string.Join('\n', File.ReadLines(Repository.PathOf(file.Split('/'))).Where(static line => !line.TrimStart().StartsWith('#')));
        IEnumerable<string> read = SecretFile().Matches(text).Select(static match => match.Groups["name"].Value).Distinct();
        read.ShouldBe(Service(service).Items("secrets").Select(static secret => secret.ToString()), ignoreOrder: true);
    }

    private static YamlNode Service(string name) => Compose.At($"services/{name}")!;

    private static IEnumerable<string> Shared(string one, string other) =>
        Service(one).Items("networks").Select(static node => node.ToString()).Intersect(Service(other).Items("networks").Select(static node => node.ToString()));

    private static string Resolve(string value) => Variable().Replace(value, static match => Variables[match.Groups["name"].Value]);

    /// <summary>Puts what <c>&lt;&lt;</c> points to in its place, as Compose does.</summary>
    private static YamlMappingNode Merge(YamlMappingNode map)
    {
        YamlMappingNode merged = [];
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            YamlNode inner = value is YamlMappingNode child ? Merge(child) : value;
            if (key.ToString() == "<<")
            {
                foreach ((YamlNode name, YamlNode given) in ((YamlMappingNode)inner).Children)
                {
                    if (!map.Children.ContainsKey(name))
                    {
                        merged.Children[name] = given;
                    }
                }
            }
            else
            {
                merged.Children[key] = inner;
            }
        }

        return merged;
    }

    [GeneratedRegex(@"\$\{(?<name>\w+)(?::[?-][^}]*)?\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"/run/secrets/(?<name>[\w.]+)")]
    private static partial Regex SecretFile();
}
