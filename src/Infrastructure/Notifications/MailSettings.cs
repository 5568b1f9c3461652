using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Notifications;

/// <summary>Settings of messages: SMTP, or a mailbox folder in development.</summary>
public sealed class MailSettings : ISettings
{
    public static string Section => "Mail";

    /// <summary>The sender of every mail.</summary>
    public string From { get; init; } = "Portico <no-reply@portico.invalid>";

    /// <summary>The absolute path of a folder for development: each message is written there as an <c>.eml</c> file and not sent.</summary>
    public string? Mailbox { get; init; }

    /// <summary>The maximum number of files in the mailbox folder; the oldest are deleted first.</summary>
    [Range(1, 100_000)]
    public int MailboxLimit { get; init; } = 2000;

    /// <summary>The maximum number of messages that wait to be sent; one more gets 503.</summary>
    [Range(1, 100_000)]
    public int MaxQueued { get; init; } = 1000;

    /// <summary>The maximum number of notifications, without codes, for one address in 24 hours; the others wait.</summary>
    [Range(1, 10_000)]
    public int MaxPerDay { get; init; } = 30;

    /// <summary>The pause after the first failed try; each further failure doubles it, up to an hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After this time without success a notification becomes a dead letter.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "14.00:00:00")]
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(3);

    public SmtpSettings Smtp { get; init; } = new();
    public SmsSettings Sms { get; init; } = new();

    public IEnumerable<string> Problems()
    {
        if (!System.Net.Mail.MailAddress.TryCreate(From, out _))
            yield return "Mail:From must be an address, such as Portico <no-reply@example.org>.";
        if (string.IsNullOrEmpty(Mailbox) == string.IsNullOrEmpty(Smtp.Host))
            yield return "Set exactly one of Mail:Mailbox (a folder, for development) and Mail:Smtp:Host.";
        if (!string.IsNullOrEmpty(Mailbox) && !Path.IsPathFullyQualified(Mailbox))
            yield return $"Mail:Mailbox must be an absolute path; it is {Mailbox}.";
        if (string.IsNullOrEmpty(Smtp.UserName) != string.IsNullOrEmpty(Smtp.Password))
            yield return "Set both of Mail:Smtp:UserName and Mail:Smtp:Password, or neither.";
        if (Smtp is { Security: SmtpSecurity.None, UserName.Length: > 0, Host: not ("localhost" or "127.0.0.1" or "::1") })
            yield return "Mail:Smtp:Security is None, so Mail:Smtp:Password would be sent without encryption: set StartTls or Tls.";
        if (Smtp.TrustedCertificateFile is { Length: > 0 } file && !File.Exists(file))
            yield return $"Mail:Smtp:TrustedCertificateFile: there is no file {file}.";
        foreach (var problem in Sms.Problems())
            yield return problem;
    }
}

/// <summary>How a connection to a mail server is encrypted.</summary>
public enum SmtpSecurity
{
    /// <summary>TLS by STARTTLS (RFC 3207) before any other command; without TLS the connection fails.</summary>
    StartTls = 1,

    /// <summary>TLS from the first byte (RFC 8314).</summary>
    Tls = 2,

    /// <summary>No encryption; only for a server on the same machine or in the same pod.</summary>
    None = 3,
}

/// <summary>Settings of the SMTP server that sends mails (RFC 5321).</summary>
public sealed class SmtpSettings
{
    public string? Host { get; init; }
    [Range(1, 65_535)]
    public int Port { get; init; } = 587;
    public string? UserName { get; init; }
    public string? Password { get; init; }

    /// <summary>How the connection is encrypted.</summary>
    public SmtpSecurity Security { get; init; } = SmtpSecurity.StartTls;

    /// <summary>A PEM file of the only trusted authorities for the server's certificate; the default is those of the machine.</summary>
    public string? TrustedCertificateFile { get; init; }

    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);
}
