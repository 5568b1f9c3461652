namespace Portico.DevStack;

/// <summary>The paths of a checkout and of its folder <c>.dev</c>, which stores the state between runs.</summary>
internal sealed class RunFolder(string root)
{
    /// <summary>The processes of a run: first the run itself, which stops the others.</summary>
    public static readonly IReadOnlyList<string> Processes = ["run", "api", "orders", "postgres", "redis", "nats"];

    public string Path { get; } = System.IO.Path.Combine(root, ".dev");

    public string Keys => In("keys");

    public string Mailbox => In("mailbox");

    public string Lock => In("run.lock");

    /// <summary>Gets the file with the URLs of a run; it exists while the run serves requests.</summary>
    public string Urls => In("urls.json");

    /// <summary>Gets the file with the demo sign-ins.</summary>
    public string Demo => In("demo.json");

    public string NewDemo => In("demo-new.json");

    /// <summary>Gets the folder of the built console; <c>null</c> when <c>./dev build-console</c> has not built it.</summary>
    public string? Console => Built(System.IO.Path.Combine(root, "src", "Console", "dist"));

    /// <summary>Gets the folder of the landing page of the examples.</summary>
    public string? Landing => Built(System.IO.Path.Combine(root, "examples", "landing"));

    public string PidFile(string name) => In($"{name}.pid");

    public string LogFile(string name) => In($"{name}.log");

    public string Program(string name) => System.IO.Path.Combine(root, "src", name, "bin/Release/net10.0", $"Portico.{name}.dll");

    private static string? Built(string folder) => File.Exists(System.IO.Path.Combine(folder, "index.html")) ? folder : null;

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
