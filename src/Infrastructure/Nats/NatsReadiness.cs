using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Application.Common.Health;

namespace Portico.Infrastructure.Nats;

/// <summary>NATS greets, takes our credentials and answers a ping.</summary>
/// <remarks>A connection of its own each time: it asks whether a new one would work. A line is at most 64 KiB.</remarks>
internal sealed class NatsReadiness(NatsSettings settings) : IReadinessCheck
{
    private const int MaxLine = 64 * 1024;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public string Name => "nats";

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var address = settings.Address;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
        await using var stream = new NetworkStream(socket);
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        var greeting = await ReadLine(reader, cancellationToken);
        if (!greeting.StartsWith("INFO ", StringComparison.Ordinal))
            throw new InvalidDataException("This is no NATS server: it does not greet with INFO.");

        await stream.WriteAsync(Encoding.UTF8.GetBytes($"CONNECT {Options(address)}\r\nPING\r\n"), cancellationToken);
        while (await ReadLine(reader, cancellationToken) is var line && line != "PONG")
        {
            if (line.StartsWith("-ERR", StringComparison.Ordinal))
                throw new InvalidDataException($"NATS refused the connection: {line}");
        }
    }

    private static string Options(NatsAddress address) => JsonSerializer.Serialize(
        new
        {
            verbose = false,
            pedantic = false,
            name = "portico-readiness",
            lang = "dotnet",
            version = "1.0.0",
            protocol = 1,
            user = address.User,
            pass = address.Password,
            auth_token = address.Token,
        },
        Json);

    private static async Task<string> ReadLine(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(read.Buffer.Slice(0, end)).TrimEnd('\r');
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            if (read.IsCompleted)
                throw new EndOfStreamException("NATS closed the connection.");
            if (read.Buffer.Length > MaxLine)
                throw new InvalidDataException("NATS sent a line without an end.");
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
