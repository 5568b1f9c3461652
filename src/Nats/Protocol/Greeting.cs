using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portico.Nats.Protocol;

/// <summary>Makes a socket to one server ready for use: INFO, TLS, CONNECT, and the first answer.</summary>
internal static class Greeting
{
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static async Task<(Stream Stream, PipeReader Reader, ServerInfo Info)> ExchangeAsync(
        NatsUri server, NatsOpts opts, CancellationToken cancellationToken)
    {
        var stream = await ConnectAsync(server, cancellationToken);
        try
        {
            if (opts.TlsOpts.Mode == TlsMode.Implicit)
                stream = await EncryptAsync(stream, server, opts.TlsOpts, cancellationToken);

            var reader = Reader(stream, opts);
            var info = await ReadInfoAsync(reader, cancellationToken);
            if (stream is not SslStream && WantsTls(server, opts.TlsOpts.Mode, info))
            {
                // What came after INFO in plain text may be anybody's; behind the handshake it would pass for the server's.
                if (reader.TryRead(out var early) && !early.Buffer.IsEmpty)
                    throw new NatsProtocolViolationException("The server spoke before the connection was encrypted.");
                await reader.CompleteAsync();
                stream = await EncryptAsync(stream, server, opts.TlsOpts, cancellationToken);
                reader = Reader(stream, opts);
            }

            await stream.WriteAsync(Hello(server, opts), cancellationToken);
            info = await AwaitPongAsync(reader, info, cancellationToken);
            return (stream, reader, info);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads an INFO; what the server adds later is unknown to us and ignored.</summary>
    public static ServerInfo ParseInfo(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<ServerInfo>(json.Span) ?? throw new NatsProtocolViolationException("The server sent an INFO without content.");
        }
        catch (JsonException malformed)
        {
            throw new NatsProtocolViolationException($"The server sent an INFO that is no JSON: {malformed.Message}");
        }
    }

    private static bool WantsTls(NatsUri server, TlsMode mode, ServerInfo info)
    {
        var offered = info.TlsRequired || info.TlsAvailable;
        var insisted = mode is TlsMode.Require || (mode is TlsMode.Auto && server.IsTls);
        if (insisted && !offered)
            throw new NatsException($"{server} offers no TLS.");
        if (mode is TlsMode.Disable && info.TlsRequired)
            throw new NatsException($"{server} insists on TLS, which is off.");
        return mode is not TlsMode.Disable && offered;
    }

    private static async Task<Stream> ConnectAsync(NatsUri server, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> EncryptAsync(Stream stream, NatsUri server, NatsTlsOpts tls, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await encrypted.AuthenticateAsClientAsync(Options(server, tls), cancellationToken);
            return encrypted;
        }
        catch
        {
            await encrypted.DisposeAsync();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Options(NatsUri server, NatsTlsOpts tls)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = server.TlsHost };
        if (tls.CertFile is not null)
            options.ClientCertificates = [X509Certificate2.CreateFromPemFile(tls.CertFile, tls.KeyFile)];
        if (tls.CaFile is not null)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(tls.CaFile);
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }

    private static PipeReader Reader(Stream stream, NatsOpts opts) =>
        PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: opts.ReaderBufferSize, leaveOpen: true));

    private static byte[] Hello(NatsUri server, NatsOpts opts)
    {
        var auth = opts.AuthOpts.IsAnonymous && NatsUri.TryParse(opts.Url, out var servers) ? servers[0].Credentials : opts.AuthOpts;
        var connect = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                echo = opts.Echo,
                verbose = false,
                pedantic = false,
                headers = true,
                no_responders = true,
                name = opts.Name,
                lang = "dotnet",
                version = "1.0.0",
                protocol = 1,
                user = auth.Username,
                pass = auth.Password,
                auth_token = auth.Token,
                tls_required = server.IsTls,
            },
            Json);
        return [.. "CONNECT "u8, .. connect, .. "\r\nPING\r\n"u8];
    }

    private static async Task<ServerInfo> ReadInfoAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        var frame = await NextAsync(reader, cancellationToken);
        return frame.Kind == FrameKind.Info
            ? ParseInfo(frame.Payload)
            : throw new NatsProtocolViolationException("The server does not greet with INFO.");
    }

    private static async Task<ServerInfo> AwaitPongAsync(PipeReader reader, ServerInfo info, CancellationToken cancellationToken)
    {
        while (true)
        {
            var frame = await NextAsync(reader, cancellationToken);
            switch (frame.Kind)
            {
                case FrameKind.Pong:
                    return info;
                case FrameKind.Info:
                    info = ParseInfo(frame.Payload);
                    break;
                case FrameKind.Error:
                    throw new NatsServerException(Encoding.UTF8.GetString(frame.Payload.Span));
                default:
                    break;
            }
        }
    }

    private static async Task<Frame> NextAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (FrameReader.TryRead(ref buffer, out var frame))
            {
                // Not examined: what follows belongs to the next reading.
                reader.AdvanceTo(buffer.Start);
                return frame;
            }

            if (read.IsCompleted)
                throw new NatsConnectionFailedException("The server closed the connection.");
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
