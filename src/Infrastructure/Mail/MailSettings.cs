using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Mail;

/// <summary>How messages reach people: by SMTP, or in development into a folder.</summary>
public sealed class MailSettings : ISettings
{
    public static string Section => "Mail";

    /// <summary>The sender of every mail.</summary>
    public string From { get; init; } = "Portico <no-reply@portico.invalid>";

    /// <summary>An absolute folder that takes each message as an <c>.eml</c> file instead of sending it; for development.</summary>
    public string? Mailbox { get; init; }

    /// <summary>How many files the mailbox folder keeps; the oldest go first.</summary>
    public int MailboxLimit { get; init; } = 2000;

    /// <summary>How many messages may wait to be sent; one more is refused with 503.</summary>
    public int MaxQueued { get; init; } = 1000;

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
        if (MailboxLimit is < 1 or > 100_000)
            yield return $"Mail:MailboxLimit must be between 1 and 100000; it is {MailboxLimit}.";
        if (MaxQueued is < 1 or > 100_000)
            yield return $"Mail:MaxQueued must be between 1 and 100000; it is {MaxQueued}.";
        if (Smtp.Port is < 1 or > 65535)
            yield return $"Mail:Smtp:Port must be between 1 and 65535; it is {Smtp.Port}.";
        if (Smtp.Timeout < TimeSpan.FromSeconds(1) || Smtp.Timeout > TimeSpan.FromMinutes(2))
            yield return $"Mail:Smtp:Timeout must be between 1 second and 2 minutes; it is {Smtp.Timeout}.";
        if (string.IsNullOrEmpty(Smtp.UserName) != string.IsNullOrEmpty(Smtp.Password))
            yield return "Set both of Mail:Smtp:UserName and Mail:Smtp:Password, or neither.";
        if (Sms.Url is { } url && url is not { IsAbsoluteUri: true, Scheme: "https" or "http" })
            yield return $"Mail:Sms:Url must be an http or https address; it is {url}.";
    }
}

/// <summary>The SMTP server that mails leave by (RFC 5321), with STARTTLS unless told otherwise.</summary>
public sealed class SmtpSettings
{
    public string? Host { get; init; }
    public int Port { get; init; } = 587;
    public string? UserName { get; init; }
    public string? Password { get; init; }

    /// <summary>Whether the connection must turn to TLS before anything is said; off only towards a server on the same machine.</summary>
    public bool StartTls { get; init; } = true;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>The gateway that text messages leave by: it takes <c>POST {"to","text"}</c> with a bearer token. Without a URL nobody is reached by phone.</summary>
public sealed class SmsSettings
{
    public Uri? Url { get; init; }
    public string? Token { get; init; }
}
