using System.Globalization;
using ChainWatch.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using YamlDotNet.RepresentationModel;

namespace ChainWatch.Deploy.Tests;

public sealed class KubernetesTests
{
    private static readonly string Folder = Repository.PathOf("deploy", "kubernetes");
    private static readonly string[] Folders = [Folder, Path.Combine(Folder, "monitoring")];
    private static readonly YamlNode Deployment = Manifest("deployment.yaml");
    private static readonly YamlNode Pod = Deployment.At("spec/template/spec")!;
    private static readonly YamlNode Container = Pod.Items("containers").Single();

    [Fact]
    public void The_manifests_say_only_what_Kubernetes_understands()
    {
        foreach (string file in Folders.SelectMany(static folder => Directory.GetFiles(folder, "*.yaml")))
        {
            YamlNode manifest = Yaml.Read(file).ShouldHaveSingleItem(file);
            Shape.Check(manifest, "kubernetes.yaml", manifest.Text("kind")).ShouldBeEmpty(file);
        }
    }

    [Fact]
    public void Every_manifest_is_applied_and_every_one_that_is_applied_is_there()
    {
        foreach (string folder in Folders)
        {
            IEnumerable<string> files = Directory.GetFiles(folder, "*.yaml").Select(static file => Path.GetFileName(file)).Where(static file => file != "kustomization.yaml");
            Yaml.Read(Path.Combine(folder, "kustomization.yaml")).Single().Items("resources").Select(static one => one.ToString()).ShouldBe(files, ignoreOrder: true);
        }
    }

    [Fact]
    public void Every_selector_selects_the_pods()
    {
        string[] labels = Labels(Deployment.At("spec/template/metadata/labels")!);
        labels.ShouldNotBeEmpty();
        foreach (YamlNode? selector in (YamlNode?[])
        [
            Deployment.At("spec/selector/matchLabels"),
            Manifest("service.yaml").At("spec/selector"),
            Manifest("poddisruptionbudget.yaml").At("spec/selector/matchLabels"),
            Manifest("networkpolicy.yaml").At("spec/podSelector/matchLabels"),
            .. Pod.Items("topologySpreadConstraints").Select(static one => one.At("labelSelector/matchLabels")),
        ])
        {
            Labels(selector.ShouldNotBeNull()).ShouldBe(labels);
        }

        // Prometheus finds the pods through the service.
        Labels(Manifest("monitoring/servicemonitor.yaml").At("spec/selector/matchLabels")!).ShouldBeSubsetOf(Labels(Manifest("service.yaml").At("metadata/labels")!));
    }

    [Fact]
    public void Every_port_exists()
    {
        Container.Text("ports/0/containerPort").ShouldBe(DockerfileTests.Environment("ASPNETCORE_HTTP_PORTS"));
        string name = Container.Text("ports/0/name");
        Manifest("service.yaml").Text("spec/ports/0/targetPort").ShouldBe(name);
        Manifest("networkpolicy.yaml").Text("spec/ingress/0/ports/0/port").ShouldBe(name);
        Manifest("monitoring/servicemonitor.yaml").Text("spec/endpoints/0/port").ShouldBe(Manifest("service.yaml").Text("spec/ports/0/name"));
        foreach (YamlNode probe in Probes())
        {
            probe.Text("httpGet/port").ShouldBe(name);
        }
    }

    [Fact]
    public void Probes_and_scrapes_ask_for_paths_that_are_mapped()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddChainWatch(watch => watch.AddSimulated(new SimulatedChain("one")));
        using IDisposable app = builder.Build();
        ((IEndpointRouteBuilder)app).MapChainWatch();
        HashSet<string> mapped = [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>().Select(static endpoint => endpoint.RoutePattern.RawText!)];
        foreach (string path in Probes().Select(static probe => probe.Text("httpGet/path")).Append(Manifest("monitoring/servicemonitor.yaml").Text("spec/endpoints/0/path")))
        {
            mapped.ShouldContain(path);
        }

        Pace("livenessProbe").ShouldBe(("/health/live", "60", "30", "3"));
        Pace("readinessProbe").ShouldBe(("/health/ready", "30", "10", "2"));
        Container.Text("startupProbe/httpGet/path").ShouldBe("/health/live");
    }

    [Fact]
    public void A_pod_has_longer_to_stop_than_the_host_needs()
    {
        int shutdown = int.Parse(Manifest("configmap.yaml").Text("data/DOTNET_shutdownTimeoutSeconds"), CultureInfo.InvariantCulture);
        shutdown.ShouldBe(int.Parse(DockerfileTests.Environment("DOTNET_shutdownTimeoutSeconds"), CultureInfo.InvariantCulture));
        int.Parse(Pod.Text("terminationGracePeriodSeconds"), CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(shutdown + 5);

        // What is counted right before the end (a reorg beyond finality) must be scraped before it: the delay is longer than the interval, and leaves time for the rest.
        TimeSpan delay = TimeSpan.Parse(Manifest("configmap.yaml").Text("data/ChainWatch__Readiness__DrainDelay"), CultureInfo.InvariantCulture);
        delay.ShouldBeGreaterThan(TimeSpan.FromSeconds(int.Parse(Manifest("monitoring/servicemonitor.yaml").Text("spec/endpoints/0/interval").TrimEnd('s'), CultureInfo.InvariantCulture)));
        delay.ShouldBeLessThan(TimeSpan.FromSeconds(shutdown - 5));
        new DeliveryOptions().DrainTimeout.TotalSeconds.ShouldBeLessThan(shutdown);
    }

    [Fact]
    public void Three_replicas_stand_apart_and_most_of_them_stay()
    {
        Deployment.Text("spec/replicas").ShouldBe("3");
        Manifest("poddisruptionbudget.yaml").Text("spec/minAvailable").ShouldBe("2");
        Deployment.Text("spec/strategy/rollingUpdate/maxUnavailable").ShouldBe("0");
        Pod.Items("topologySpreadConstraints").Select(static one => one.Text("topologyKey")).ShouldContain("kubernetes.io/hostname");
    }

    [Fact]
    public void A_container_may_do_nothing_that_it_need_not()
    {
        Pod.Text("securityContext/runAsNonRoot").ShouldBe("true");
        Pod.Text("securityContext/seccompProfile/type").ShouldBe("RuntimeDefault");
        Pod.Text("automountServiceAccountToken").ShouldBe("false");
        Container.Text("securityContext/allowPrivilegeEscalation").ShouldBe("false");
        Container.Text("securityContext/readOnlyRootFilesystem").ShouldBe("true");
        Container.Items("securityContext/capabilities/drop").Select(static one => one.ToString()).ShouldBe(["ALL"]);
        foreach (string path in (string[])["resources/requests/cpu", "resources/requests/memory", "resources/limits/memory"])
        {
            Container.TextOrNull(path).ShouldNotBeNullOrEmpty(path);
        }

        Manifest("networkpolicy.yaml").Items("spec/policyTypes").Select(static one => one.ToString()).ShouldBe(["Ingress", "Egress"]);
    }

    [Fact]
    public void What_a_pod_refers_to_is_there_and_no_manifest_holds_a_secret()
    {
        Container.Text("envFrom/0/configMapRef/name").ShouldBe(Manifest("configmap.yaml").Text("metadata/name"));
        Pod.Text("serviceAccountName").ShouldBe(Manifest("serviceaccount.yaml").Text("metadata/name"));
        Container.Items("volumeMounts").Select(static one => one.Text("name")).ShouldBe(Pod.Items("volumes").Select(static one => one.Text("name")), ignoreOrder: true);
        Yaml.Read(Path.Combine(Folder, "kustomization.yaml")).Single().Text("images/0/name").ShouldBe(Container.Text("image"));
        Folders.SelectMany(static folder => Directory.GetFiles(folder, "*.yaml")).SelectMany(Yaml.Read).ShouldNotContain(static manifest => manifest.Text("kind") == "Secret");

        // The page that says how to make the Secret names its keys.
        string page = Repository.Read("deploy", "README.md");
        foreach (YamlNode item in Pod.Items("volumes/0/secret/items"))
        {
            page.ShouldContain($"--from-file={item.Text("key")}=");
        }
    }

    [Fact]
    public void Keys_that_change_in_the_Secret_are_seen_without_a_restart()
    {
        // What is mounted as single files (subPath) stays as it was when the pod began.
        Container.Items("volumeMounts").Where(static mount => mount.Text("mountPath") == "/run/secrets").ShouldHaveSingleItem().TextOrNull("subPath").ShouldBeNull();
        Manifest("configmap.yaml").Text("data/DOTNET_USE_POLLING_FILE_WATCHER").ShouldBe("1");
    }

    [Fact]
    public void ChainWatch_accepts_the_configuration()
    {
        List<(string, string)> settings = [.. Manifest("configmap.yaml").Pairs("data").Where(static one => one.Key.StartsWith("ChainWatch__", StringComparison.Ordinal)).Select(static one => (one.Key, one.Value.ToString()))];
        settings.AddRange(Container.Items("env").Select(static one => (one.Text("name"), "pod")));
        settings.AddRange(Pod.Items("volumes/0/secret/items").Select(static item => (item.Text("path"), item.Text("path").EndsWith("ConnectionString", StringComparison.Ordinal) ? "Host=db;Database=chainwatch" : "key")));
        HostConfiguration.Read(settings).Chains.ShouldHaveSingleItem().Options.Endpoints[0].ApiKeys.ShouldHaveSingleItem();
        Container.Items("volumeMounts").ShouldContain(static mount => mount.Text("mountPath") == "/run/secrets");
    }

    [Fact]
    public void The_alerts_are_those_that_Prometheus_has_elsewhere()
    {
        string rules = Yaml.Read(Repository.PathOf("deploy", "prometheus", "chainwatch.rules.yml")).Single().At("groups")!.ToString();
        Manifest("monitoring/prometheusrule.yaml").At("spec/groups")!.ToString().ShouldBe(rules, "copy the groups of deploy/prometheus/chainwatch.rules.yml into deploy/kubernetes/monitoring/prometheusrule.yaml");
    }

    private static YamlMappingNode Manifest(string file) => Yaml.Read(Path.Combine([Folder, .. file.Split('/')])).Single();

    private static YamlNode[] Probes() => [.. ((string[])["startupProbe", "livenessProbe", "readinessProbe"]).Select(static name => Container.At(name)!)];

    private static (string Path, string Delay, string Period, string Failures) Pace(string probe) =>
        (Container.Text($"{probe}/httpGet/path"), Container.Text($"{probe}/initialDelaySeconds"), Container.Text($"{probe}/periodSeconds"), Container.Text($"{probe}/failureThreshold"));

    private static string[] Labels(YamlNode map) => [.. ((YamlMappingNode)map).Children.Select(static pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal)];
}
