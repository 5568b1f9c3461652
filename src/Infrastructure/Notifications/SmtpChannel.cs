using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using MailAddress = System.Net.Mail.MailAddress;

namespace Portico.Infrastructure.Notifications;

/// <summary>The mail server answered a command with an error.</summary>
/// <remarks>The message contains only the codes: the text of a reply often quotes the address, and this message is logged.</remarks>
internal sealed class SmtpReplyException(string command, SmtpStatusCode code, string? status)
    : IOException($"The mail server answered {(int)code}{(status is null ? "" : $" {status}")} to {command}.");

/// <summary>Sends mail by SMTP (RFC 5321), one connection for each message.</summary>
internal sealed partial class SmtpChannel(MailSettings settings, TimeProvider clock) : IMessageChannel
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private static readonly TimeSpan QuitTimeout = TimeSpan.FromSeconds(1);

    private readonly SmtpSettings _smtp = settings.Smtp;
    private readonly MailAddress _from = new(settings.From);

    // Read once. Null means that the authorities of the machine are trusted.
    private readonly Lazy<X509Certificate2Collection?> _authorities = new(
        () => ReadAuthorities(settings.Smtp.TrustedCertificateFile), LazyThreadSafetyMode.PublicationOnly);

    public bool Reaches(ContactKind kind) => kind == ContactKind.Email;

    public async Task Send(Message message, Guid id, CancellationToken cancellationToken)
    {
        using var mail = MailComposer.Compose(message, id, _from, clock.GetUtcNow(), readable: false);
        using var deadline = new CancellationTokenSource(_smtp.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var client = new SmtpClient
            {
                // The mail server may be reachable while revocation lists are not; then the mail would wait for them and fail.
                CheckCertificateRevocation = false,
                Timeout = (int)_smtp.Timeout.TotalMilliseconds,
            };
            if (_authorities.Value is { } authorities)
            {
                client.ServerCertificateValidationCallback =
                    (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, authorities);
            }

            await Connect(client, either.Token);
            await Transmit(client, mail, message.To.Value, either.Token);
            await Quit(client);
        }
        catch (Exception late) when (
            late is OperationCanceledException or SslHandshakeException or IOException
            && deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The mail server did not accept the message within {_smtp.Timeout}.", late);
        }
        catch (SmtpProtocolException)
        {
#pragma warning disable MA0054 // The inner exception may quote the reply, and the reply the address: exceptions are logged.
            throw new IOException("The mail server closed the connection, or its reply is not SMTP.");
#pragma warning restore MA0054
        }
    }

    private async Task Connect(SmtpClient client, CancellationToken cancellationToken)
    {
        var command = "the connection";
        try
        {
            await client.ConnectAsync(
                _smtp.Host!,
                _smtp.Port,
                _smtp.Security switch
                {
                    SmtpSecurity.Tls => SecureSocketOptions.SslOnConnect,
                    SmtpSecurity.None => SecureSocketOptions.None,
                    _ => SecureSocketOptions.StartTls,
                },
                cancellationToken);
            command = "AUTH";
            if (_smtp.UserName is { Length: > 0 } name)
                await client.AuthenticateAsync(Encoding.UTF8, name, _smtp.Password!, cancellationToken);
        }
        catch (SmtpCommandException refusal)
        {
            throw Reply(command, refusal);
        }
        catch (AuthenticationException refusal) when (refusal.InnerException is SmtpCommandException reply)
        {
            throw Reply(command, reply);
        }
    }

    /// <exception cref="MessageRejectedException">The server permanently rejects this recipient or this mail.</exception>
    private async Task Transmit(SmtpClient client, MimeMessage mail, string to, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendAsync(
                MailComposer.Format, mail, new MailboxAddress("", _from.Address), [new MailboxAddress("", to)], cancellationToken);
        }
        catch (ServiceNotAuthenticatedException)
        {
            // A wrong configuration, not an error of the message.
            throw new SmtpReplyException("MAIL", SmtpStatusCode.AuthenticationRequired, status: null);
        }
        catch (SmtpCommandException refusal)
        {
            var command = refusal.ErrorCode switch
            {
                SmtpErrorCode.SenderNotAccepted => "MAIL",
                SmtpErrorCode.RecipientNotAccepted => "RCPT",
                SmtpErrorCode.MessageNotAccepted => "the mail",
                _ => "DATA",
            };
            var reply = Reply(command, refusal);
            throw refusal.ErrorCode != SmtpErrorCode.SenderNotAccepted && (int)refusal.StatusCode is >= 500 and <= 599
                ? new MessageRejectedException(reply.Message)
                : reply;
        }
    }

    /// <summary>Sends QUIT; the server already has the mail, so a failure is ignored.</summary>
    private async Task Quit(SmtpClient client)
    {
        using var deadline = new CancellationTokenSource(QuitTimeout, clock);
        try
        {
            await client.DisconnectAsync(quit: true, deadline.Token);
        }
        catch (Exception failure) when (
            failure is IOException or OperationCanceledException or SmtpProtocolException or SmtpCommandException)
        {
        }
    }

    /// <summary>Trusts only the authorities of the file, and only for the name of the server.</summary>
    private static bool IsTrusted(
        X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
            return false;

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainElements.Select(element => element.Certificate).ToArray());
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(copy);
    }

    private static SmtpReplyException Reply(string command, SmtpCommandException refusal) =>
        new(command, refusal.StatusCode, EnhancedStatus().Match(refusal.Message) is { Success: true } match ? match.Value : null);

    private static X509Certificate2Collection? ReadAuthorities(string? file)
    {
        if (string.IsNullOrEmpty(file))
            return null;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities;
    }

    // RFC 3463.
    [GeneratedRegex(@"^[245]\.[0-9]{1,3}\.[0-9]{1,3}\b", RegexOptions.None, 1000)]
    private static partial Regex EnhancedStatus();
}
