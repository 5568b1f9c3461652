using YamlDotNet.Serialization;

namespace Portico.Bench.Load;

/// <summary>The docker-compose.yml of this build: the benchmarks measure the servers with the settings that it gives them.</summary>
internal static class ComposeFile
{
    private const string Resource = "docker-compose.yml";

    /// <summary>The settings of PostgreSQL, each as <c>name=value</c>.</summary>
    public static IReadOnlyList<string> ReadPostgresSettings()
    {
        using var reader = new StreamReader(typeof(ComposeFile).Assembly.GetManifestResourceStream(Resource)!);
        var file = new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<Compose>(reader);
        // The program, and then pairs of "-c" and a setting.
        return file.Services["postgres"].Command is ["postgres", .. var arguments]
            && arguments.Chunk(2).All(pair => pair is ["-c", _])
            ? [.. arguments.Chunk(2).Select(pair => pair[1])]
            : throw new LoadException($"The command of postgres in {Resource} is not \"postgres\" with pairs of \"-c\" and a setting.");
    }

    private sealed class Compose
    {
        [YamlMember(Alias = "services")]
        public Dictionary<string, Service> Services { get; set; } = [];
    }

    private sealed class Service
    {
        [YamlMember(Alias = "command")]
        public List<string> Command { get; set; } = [];
    }
}
