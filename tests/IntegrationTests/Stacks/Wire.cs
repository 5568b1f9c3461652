using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Portico.DevStack;

namespace Portico.IntegrationTests.Stacks;

/// <summary>A connection that speaks to a server in lines of text, as Redis and NATS do.</summary>
internal sealed partial class Wire : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _client;
    private readonly StreamReader _reader;

    private Wire(TcpClient client)
    {
        _client = client;
        _reader = new StreamReader(client.GetStream(), Encoding.UTF8);
    }

    public static async Task<Wire> ConnectAsync(LocalServer server)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port);
        return new Wire(client);
    }

    /// <summary>The line that answers a command of Redis.</summary>
    public static async Task<string> RedisAsync(RedisServer server, string command)
    {
        using var wire = await ConnectAsync(server);
        await wire.SayAsync(command);
        var answer = await wire.LineAsync();
        // A length comes before a text, and stands alone where there is none.
        return answer.StartsWith('$') && answer != "$-1" ? await wire.LineAsync() : answer;
    }

    /// <summary>What JetStream answers to a request.</summary>
    public static async Task<string> JetStreamAsync(NatsServer server, string subject, string body)
    {
        using var wire = await ConnectAsync(server);
        await wire.LineAsync();
        await wire.SayAsync($"CONNECT {{\"verbose\":false}}\r\nSUB answers 1\r\nPUB {subject} answers {body.Length}\r\n{body}");
        var header = await wire.LineAsync();
        Assert.Matches(Message(), header);
        return await wire.LineAsync();
    }

    public async Task SayAsync(string line) => await _client.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"{line}\r\n"));

    public async Task<string> LineAsync() =>
        await _reader.ReadLineAsync().WaitAsync(Patience) ?? throw new IOException("The connection was closed.");

    /// <summary>Reads up to a line; NATS, for one, may ask something of its own first.</summary>
    public async Task UntilAsync(string line)
    {
        while (await LineAsync() != line)
        {
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }

    [GeneratedRegex("^MSG answers 1 ", RegexOptions.None, 1000)]
    private static partial Regex Message();
}
