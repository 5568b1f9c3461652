using System.Net.Sockets;
using System.Text;

namespace Portico.DevStack;

/// <summary>A Redis server with an append-only file.</summary>
/// <remarks>A write is in the file before it is acknowledged, but maybe not yet flushed to the disk.</remarks>
public sealed class RedisServer : LocalServer
{
    internal RedisServer(string folder, LocalStackOptions options)
        : base("redis", folder, options.RedisPort, options)
    {
    }

    /// <inheritdoc/>
    public override string ConnectionString => $"127.0.0.1:{Port}";

    private protected override (string Program, IReadOnlyList<string> Arguments) Command() => (
        Programs.Need("redis-server", "redis-server"),
        [
            "--bind", "127.0.0.1", "--port", $"{Port}", "--dir", Folder, "--daemonize", "no", "--save", "",
            "--appendonly", "yes", "--appendfsync", Options.Durable ? "everysec" : "no", .. Options.RedisArguments,
        ]);

    private protected override async Task AskAsync(int processId, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync("PING\r\nINFO server\r\nQUIT\r\n"u8.ToArray(), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(cancellationToken);

        // While Redis loads its file it answers -LOADING.
        if (!answer.StartsWith("+PONG\r\n", StringComparison.Ordinal))
            throw new LocalStackException($"it answers {answer.Split('\r')[0]}");
        if (!answer.Contains($"\nprocess_id:{processId}\r", StringComparison.Ordinal))
            throw new LocalStackException("another Redis has this port");
    }
}
