namespace Portico.DevStack;

/// <summary>Where things are in a checkout and in its folder <c>.dev</c>, which keeps what a run leaves for the next one.</summary>
internal sealed class RunFolder(string root)
{
    /// <summary>What a run consists of: itself first, which ends the others.</summary>
    public static readonly IReadOnlyList<string> Processes = ["run", "api", "postgres", "redis", "nats"];

    public string Path { get; } = System.IO.Path.Combine(root, ".dev");

    public string Keys => In("keys");

    public string Mailbox => In("mailbox");

    public string Lock => In("run.lock");

    /// <summary>Gets the file with the addresses of a run, there for as long as it serves.</summary>
    public string Urls => In("urls.json");

    /// <summary>Gets the file with the demo sign-ins.</summary>
    public string Demo => In("demo.json");

    public string NewDemo => In("demo-new.json");

    public string PidFile(string name) => In($"{name}.pid");

    public string LogFile(string name) => In($"{name}.log");

    public string Program(string name) => System.IO.Path.Combine(root, "src", name, "bin/Release/net10.0", $"Portico.{name}.dll");

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
