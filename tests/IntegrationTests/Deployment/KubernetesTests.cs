using System.Globalization;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Portico.IntegrationTests.Containers;
using Portico.WebApi.Http;

namespace Portico.IntegrationTests.Deployment;

/// <summary>The files of Kubernetes, without a cluster.</summary>
public sealed class KubernetesTests
{
    private const string Folder = "deploy/kubernetes";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // Kinds that operators bring along; the client knows those of Kubernetes itself.
    private static readonly string[] Stores = ["stores/postgres.yaml"];

    [Fact]
    public void Have_only_fields_that_Kubernetes_knows()
    {
        var objects = Objects().ToList();

        Assert.Equal(2, objects.OfType<V1Deployment>().Count());
        Assert.Equal(2, objects.OfType<V2HorizontalPodAutoscaler>().Count());
        Assert.Equal(2, objects.OfType<V1PodDisruptionBudget>().Count());
        Assert.Equal(3, objects.OfType<V1Job>().Count());
        Assert.Equal(4, objects.OfType<V1NetworkPolicy>().Count());
        Assert.Single(objects.OfType<V1CronJob>());
        Assert.Single(objects.OfType<V1Ingress>());
        Assert.Equal(objects.Count, objects.DistinctBy(item => (item.Kind, item.Metadata.Name)).Count());
    }

    [Fact]
    public void Run_every_pod_without_rights()
    {
        foreach (var (name, pod, _) in Pods())
        {
            Assert.True(pod.SecurityContext is { RunAsNonRoot: true, RunAsUser: 1654, SeccompProfile.Type: "RuntimeDefault" }, name);
            Assert.False(pod.AutomountServiceAccountToken, name);
            var container = Assert.Single(pod.Containers);
            Assert.True(
                container.SecurityContext is { ReadOnlyRootFilesystem: true, AllowPrivilegeEscalation: false, Capabilities.Drop: ["ALL"] },
                name);
            Assert.True(container.Resources is { Requests.Count: 2, Limits.Count: 1 }, name);
            Assert.Null(container.Env);
        }
    }

    [Fact]
    public void Ask_the_management_port_for_health_and_give_time_to_drain()
    {
        foreach (var (name, pod, _) in Pods().Where(pod => pod.IsServer))
        {
            var container = pod.Containers[0];
            Assert.Equal("/health/live", container.LivenessProbe.HttpGet.Path);
            Assert.Equal("/health/live", container.StartupProbe.HttpGet.Path);
            Assert.Equal("/health/ready", container.ReadinessProbe.HttpGet.Path);
            Assert.All(
                (V1Probe[])[container.LivenessProbe, container.StartupProbe, container.ReadinessProbe],
                probe => Assert.Equal("management", probe.HttpGet.Port.Value));
            // Shutdown:DrainDelay and Shutdown:Timeout are 35 s together.
            Assert.True(pod.TerminationGracePeriodSeconds >= 40, name);

            var exposed = Dockerfile.Read()
                .Single(instruction => instruction.Verb == "EXPOSE" && $"portico/{instruction.Stage}" == container.Image)
                .Arguments.Split(' ');
            Assert.Empty(exposed.Except(container.Ports.Select(port => $"{port.ContainerPort}"), StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Let_the_largest_report_of_a_provider_through()
    {
        var size = Objects().OfType<V1Ingress>().Single().Metadata.Annotations["nginx.ingress.kubernetes.io/proxy-body-size"];
        var bytes = long.Parse(size.TrimEnd('m'), CultureInfo.InvariantCulture) * 1024 * 1024;
        Assert.True(bytes > new LimitSettings().MaxReportBytes, size);
    }

    [Fact]
    public async Task Mount_secrets_that_the_script_makes()
    {
        var folder = Directory.CreateTempSubdirectory("portico-secrets-");
        try
        {
            await Shell.RunAsync($"{Repository.File("deploy/compose/make-secrets.sh")} {folder.FullName}", folder.FullName, Patience);
            var made = folder.GetDirectories().Select(part => $"portico-{part.Name}");

            Assert.Empty(Pods().SelectMany(pod => pod.Spec.Volumes).Where(volume => volume.Secret is not null)
                .Select(volume => volume.Secret.SecretName).Except(made, StringComparer.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Name_files_that_exist_and_settings_that_are_documented()
    {
        var documentation = File.ReadAllText(Repository.File("docs/configuration.md"));
        foreach (var file in Directory.GetFiles(Repository.File(Folder), "kustomization.yaml", SearchOption.AllDirectories))
        {
            var kustomization = Yaml.Read(file);
            var folder = Path.GetDirectoryName(file)!;
            Assert.All(
                kustomization.GetProperty("resources").EnumerateArray(),
                resource => Assert.True(Path.Exists(Path.Combine(folder, resource.GetString()!)), $"{file}: {resource}"));
            var settings =
                from generator in kustomization.GetProperty("configMapGenerator").EnumerateArray()
                from literal in generator.GetProperty("literals").EnumerateArray()
                select literal.GetString()!.Split('=')[0].Replace("__", ":", StringComparison.Ordinal);
            Assert.All(
                settings.Where(setting => setting != "DOTNET_ENVIRONMENT"),
                setting => Assert.Contains($"`{setting}`", documentation, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("base")]
    [InlineData("overlays/trial")]
    [InlineData("overlays/production")]
    public async Task Give_the_server_settings_that_it_accepts(string folder)
    {
        var secret = Convert.ToBase64String(new byte[32]);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["environment"] = "Production",
            ["ConnectionStrings:Portico"] = "Host=postgres;Database=portico;Username=portico_app",
            ["Tokens:SealingKey"] = secret,
            ["Sessions:Key"] = secret,
            ["Otp:Key"] = secret,
        };
        foreach (var part in new[] { "base", folder }.Distinct(StringComparer.Ordinal))
        {
            var maps = Yaml.Read(Repository.File($"{Folder}/{part}/kustomization.yaml")).GetProperty("configMapGenerator").EnumerateArray();
            foreach (var literal in maps.Single(map => map.Text("name") == "portico").GetProperty("literals").EnumerateArray())
            {
                var words = literal.GetString()!.Split('=', 2);
                settings[words[0].Replace("__", ":", StringComparison.Ordinal)] = words[1];
            }
        }

        await using var server = WebApi.WebApiHost.Create([.. settings.Select(setting => $"--{setting.Key}={setting.Value}")]);

        Assert.Equal(
            settings.Keys.Count(key => key.StartsWith("Proxies:Trusted:", StringComparison.Ordinal)),
            server.Services.GetRequiredService<ProxySettings>().Trusted.Length);
    }

    [Theory]
    [InlineData("base")]
    [InlineData("overlays/trial")]
    [InlineData("overlays/production")]
    public async Task Are_built_by_kustomize_where_it_is_installed(string folder)
    {
        if ((await Shell.RunAsync("command -v kubectl", Repository.Root, Patience)).ExitCode != 0)
            return;
        var built = await Shell.RunAsync("kubectl", ["kustomize", folder], "", Repository.File(Folder), Patience);

        Assert.True(built.ExitCode == 0, built.Errors);
        var objects = KubernetesYaml.LoadAllFromString(built.Output, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>().ToList();
        var maps = objects.OfType<V1ConfigMap>().Select(map => map.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(2, maps.Count);
        Assert.All(
            objects.OfType<V1Deployment>(),
            program => Assert.Contains(program.Spec.Template.Spec.Containers[0].EnvFrom[0].ConfigMapRef.Name, maps));
    }

    private static IEnumerable<IKubernetesObject<V1ObjectMeta>> Objects() =>
        from file in Directory.GetFiles(Repository.File(Folder), "*.yaml", SearchOption.AllDirectories)
        where Path.GetFileName(file) != "kustomization.yaml"
            && !Stores.Contains(Path.GetRelativePath(Repository.File(Folder), file), StringComparer.Ordinal)
        from item in KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true)
        select (IKubernetesObject<V1ObjectMeta>)item;

    private static IEnumerable<Pod> Pods() => Objects().Select(item => item switch
    {
        V1Deployment deployment => new Pod(item.Metadata.Name, deployment.Spec.Template.Spec, IsServer: true),
        V1Job job => new Pod(item.Metadata.Name, job.Spec.Template.Spec, IsServer: false),
        V1CronJob job => new Pod(item.Metadata.Name, job.Spec.JobTemplate.Spec.Template.Spec, IsServer: false),
        _ => null,
    }).OfType<Pod>();

    private sealed record Pod(string Name, V1PodSpec Spec, bool IsServer);
}
