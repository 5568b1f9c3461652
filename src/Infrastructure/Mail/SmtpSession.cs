using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace Portico.Infrastructure.Mail;

/// <summary>A reply of an SMTP server that was not the one hoped for.</summary>
/// <remarks>Carries the codes alone: the text that follows them often quotes the address.</remarks>
internal sealed class SmtpReplyException(string command, int code, string? status)
    : IOException($"The mail server answered {code}{(status is null ? "" : $" {status}")} to {command}.")
{
    /// <summary>Whether the server asks not to try again (RFC 5321, 4.2.1). 530 is about us, who should have signed in.</summary>
    public bool IsPermanent { get; } = code is >= 500 and <= 599 and not 530;
}

/// <summary>One connection to an SMTP server (RFC 5321), encrypted as the settings ask and signed in where they name somebody.</summary>
internal sealed partial class SmtpSession : IAsyncDisposable
{
    private const int MaxLine = 2048;
    private const int MaxLines = 100;
    private static readonly TimeSpan FarewellDeadline = TimeSpan.FromSeconds(1);

    private readonly byte[] _buffer = new byte[MaxLine];
    private Stream _stream;
    private int _start;
    private int _end;
    private HashSet<string> _extensions = [];

    private SmtpSession(Stream stream) => _stream = stream;

    /// <exception cref="IOException">The server is away, breaks the rules, or does not let us in; so also <see cref="SocketException"/>.</exception>
    /// <exception cref="AuthenticationException">Its certificate is not trusted.</exception>
    public static async Task<SmtpSession> Open(SmtpSettings settings, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(settings.Host!, settings.Port, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var session = new SmtpSession(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await session.Greet(settings, cancellationToken);
            return session;
        }
        catch
        {
            await session._stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Hands a mail over; when this returns, the server has taken charge of it.</summary>
    /// <param name="from">The envelope's sender.</param>
    /// <param name="to">The envelope's one recipient.</param>
    /// <param name="mail">The mail in ASCII, its lines ended by CR LF.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="MessageRefusedException">The server refuses this recipient or this mail for good.</exception>
    public async Task Send(string from, string to, string mail, CancellationToken cancellationToken)
    {
        await Command($"MAIL FROM:<{from}>", 250, "MAIL", cancellationToken);
        await Judged($"RCPT TO:<{to}>", [250, 251], "RCPT", cancellationToken);
        await Judged("DATA", [354], "DATA", cancellationToken);

        // A line that begins with a dot gets another one (4.5.2).
        var stuffed = mail.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        var end = stuffed.EndsWith("\r\n", StringComparison.Ordinal) ? ".\r\n" : "\r\n.\r\n";
        await Judged(stuffed + end[..^2], [250], "the mail", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(FarewellDeadline);
        try
        {
            await Command("QUIT", 221, "QUIT", deadline.Token);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // What had to be said was said; a farewell changes nothing.
        }

        await _stream.DisposeAsync();
    }

    private async Task Greet(SmtpSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Security == SmtpSecurity.Tls)
            await Encrypt(settings, cancellationToken);

        Expect(await Read(cancellationToken), [220], "the connection");
        await Hello(cancellationToken);
        if (settings.Security == SmtpSecurity.StartTls)
        {
            // A server that does not offer it could be somebody in between who strikes it out.
            await Command("STARTTLS", 220, "STARTTLS", cancellationToken);
            if (_start != _end)
                throw new IOException("The mail server spoke before the connection was encrypted.");
            await Encrypt(settings, cancellationToken);
            await Hello(cancellationToken);
        }

        if (settings.UserName is { Length: > 0 } name)
            await SignIn(name, settings.Password!, cancellationToken);
    }

    private async Task Encrypt(SmtpSettings settings, CancellationToken cancellationToken)
    {
        var tls = new SslStream(_stream);
        _stream = tls;
        var options = new SslClientAuthenticationOptions { TargetHost = settings.Host };
        if (settings.TrustedCertificateFile is { Length: > 0 } file)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(file);
            options.CertificateChainPolicy = policy;
        }

        await tls.AuthenticateAsClientAsync(options, cancellationToken);
    }

    private async Task Hello(CancellationToken cancellationToken)
    {
        var host = Environment.MachineName;
        var name = host.Length > 0 && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? host : "localhost";
        var reply = await Command($"EHLO {name}", 250, "EHLO", cancellationToken);
        _extensions = reply.Lines.Skip(1).Select(line => line.ToUpperInvariant()).ToHashSet(StringComparer.Ordinal);
    }

    private async Task SignIn(string name, string password, CancellationToken cancellationToken)
    {
        var offered = _extensions.FirstOrDefault(line => line.StartsWith("AUTH ", StringComparison.Ordinal))?.Split(' ') ?? [];
        if (offered.Contains("PLAIN", StringComparer.Ordinal))
        {
            await Command($"AUTH PLAIN {Base64($"\0{name}\0{password}")}", 235, "AUTH", cancellationToken);
            return;
        }

        if (!offered.Contains("LOGIN", StringComparer.Ordinal))
            throw new IOException("The mail server offers neither AUTH PLAIN nor AUTH LOGIN.");
        await Command("AUTH LOGIN", 334, "AUTH", cancellationToken);
        await Command(Base64(name), 334, "AUTH", cancellationToken);
        await Command(Base64(password), 235, "AUTH", cancellationToken);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>A command whose refusal is about this very message, so that another attempt would meet it again.</summary>
    private async Task Judged(string line, int[] expected, string command, CancellationToken cancellationToken)
    {
        try
        {
            await Say(line, cancellationToken);
            Expect(await Read(cancellationToken), expected, command);
        }
        catch (SmtpReplyException refusal) when (refusal.IsPermanent)
        {
            throw new MessageRefusedException(refusal.Message);
        }
    }

    private async Task<Reply> Command(string line, int expected, string command, CancellationToken cancellationToken)
    {
        await Say(line, cancellationToken);
        var reply = await Read(cancellationToken);
        Expect(reply, [expected], command);
        return reply;
    }

    private static void Expect(Reply reply, int[] expected, string command)
    {
        if (!expected.Contains(reply.Code))
            throw new SmtpReplyException(command, reply.Code, reply.Status);
    }

    private async Task Say(string line, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), cancellationToken);
        await _stream.FlushAsync(cancellationToken);
    }

    private async Task<Reply> Read(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (lines.Count < MaxLines)
        {
            var line = await ReadLine(cancellationToken);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
                throw new IOException("This is no mail server: its reply has no code.");
            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] != '-')
                return new Reply(code, EnhancedStatus().Match(lines[^1]) is { Success: true } match ? match.Value : null, lines);
        }

        throw new IOException("The mail server's reply has no end.");
    }

    private async Task<string> ReadLine(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = Encoding.ASCII.GetString(_buffer, _start, length).TrimEnd('\r');
                _start += length + 1;
                return line;
            }

            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_end == _buffer.Length)
                throw new IOException("The mail server sent a line without an end.");
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
                throw new EndOfStreamException("The mail server closed the connection.");
            _end += read;
        }
    }

    private sealed record Reply(int Code, string? Status, IReadOnlyList<string> Lines);

    // RFC 3463.
    [GeneratedRegex(@"^[245]\.[0-9]{1,3}\.[0-9]{1,3}\b", RegexOptions.None, 1000)]
    private static partial Regex EnhancedStatus();
}
