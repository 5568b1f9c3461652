using System.Net.Sockets;
using System.Text;

namespace Portico.DevStack;

/// <summary>A NATS server with JetStream on files.</summary>
public sealed class NatsServer : LocalServer
{
    private readonly string _identity = $"portico-{Guid.NewGuid():n}";

    internal NatsServer(string folder, LocalStackOptions options)
        : base("nats", folder, options.NatsPort, options)
    {
    }

    /// <inheritdoc/>
    public override string ConnectionString => $"nats://127.0.0.1:{Port}";

    private string Store => Path.Combine(Folder, "jetstream");

    private string SavedStore => Path.Combine(Folder, "saved");

    /// <summary>Deletes the streams of a server that does not run.</summary>
    public void DeleteStore() => Directory.Delete(Store, recursive: true);

    /// <summary>Copies the streams of a server that does not run.</summary>
    public void SaveStore() => Copy(Store, SavedStore);

    /// <summary>Brings back the streams that were saved, as when the host lost power before the later ones were on the disk.</summary>
    public void BringBackStore()
    {
        DeleteStore();
        Copy(SavedStore, Store);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
    }

    private protected override (string Program, IReadOnlyList<string> Arguments) Command() => (
        // Without interruptions among its threads, an event takes two thirds of the processor time (ADR 0056).
        Programs.Need("chrt", "util-linux"),
        [
            "--batch", "0", Programs.Need("nats-server", "nats-server"), "--jetstream", "--store_dir", Folder, "--addr", "127.0.0.1",
            "--port", $"{Port}", "--server_name", _identity,
        ]);

    private protected override async Task AskAsync(int processId, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Port, cancellationToken);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);

        if (!(await LineAsync()).Contains($"\"{_identity}\"", StringComparison.Ordinal))
            throw new LocalStackException("another NATS has this port");
        await SayAsync("CONNECT {\"verbose\":false}\r\nPING\r\n");
        await ExpectAsync("PONG");

        const string inbox = "_INBOX.portico.ready";
        await SayAsync($"SUB {inbox} 1\r\nPUB $JS.API.INFO {inbox} 0\r\n\r\n");
        await ExpectAsync($"MSG {inbox} ");
        var info = await LineAsync();
        if (info.Contains("\"error\"", StringComparison.Ordinal))
            throw new LocalStackException($"JetStream answers {info}");

        async Task<string> LineAsync() =>
            await reader.ReadLineAsync(cancellationToken) ?? throw new LocalStackException("the connection was closed");

        async Task SayAsync(string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

        async Task ExpectAsync(string start)
        {
            var line = await LineAsync();
            if (!line.StartsWith(start, StringComparison.Ordinal))
                throw new LocalStackException($"it answers {line}");
        }
    }
}
