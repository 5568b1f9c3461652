using System.Net.Mail;
using System.Text;
using System.Text.RegularExpressions;
using Portico.Application.Common.Messages;
using Portico.Infrastructure.Mail;

namespace Portico.Application.UnitTests.Mail;

/// <summary>What a foreign parser says of these mails is in the integration tests.</summary>
public sealed class MimeMailTests
{
    private static readonly Guid Id = Guid.CreateVersion7();

    [Fact]
    public void Is_ascii_on_the_wire_whatever_it_says()
    {
        var mail = Compose(new Message(Requests.Email(), "\u041F\u0440\u0438\u0432\u0435\u0442 \U0001F600", "\u041F\u0440\u0438\u0432\u0435\u0442\n") { Html = "<p>\u041F\u0440\u0438\u0432\u0435\u0442</p>" });

        Assert.True(Ascii.IsValid(mail));
        Assert.All(mail.Split("\r\n"), line => Assert.True(line.Length <= 76 || line.StartsWith("Content-Type", StringComparison.Ordinal), line));
        Assert.DoesNotContain('\n', mail.Replace("\r\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_long_subject_is_folded_between_letters()
    {
        var subject = string.Concat(Enumerable.Repeat("\u041F\U0001F600", 80));
        var mail = Compose(new Message(Requests.Email(), subject, "x"));

        var words = Regex.Matches(mail, @"=\?utf-8\?B\?(?<letters>[^?]+)\?=", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        Assert.All(words, word => Assert.True(word.Length <= 75));
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        Assert.Equal(subject, string.Concat(words.Select(word => strict.GetString(Convert.FromBase64String(word.Groups["letters"].Value)))));
    }

    [Theory]
    [InlineData("=?utf-8?B?0J8=?=")]
    [InlineData("one\r\nBcc: eve@example.org")]
    public void A_subject_is_a_subject_and_nothing_else(string subject)
    {
        var mail = Compose(new Message(Requests.Email(), subject, "x"));

        Assert.DoesNotContain(subject, mail, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nBcc:", mail, StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: =?utf-8?B?", mail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sender_of_any_script_is_named()
    {
        var mail = MimeMail.Compose(new Message(Requests.Email(), "x", "x"), Id, new MailAddress("\"\u041F\u043E\u0440\u0442\u0438\u043A\u043E\" <no-reply@example.org>"), DateTimeOffset.UnixEpoch, readable: false);

        Assert.StartsWith("From: =?utf-8?B?0J/QvtGA0YLQuNC60L4=?= <no-reply@example.org>\r\n", mail, StringComparison.Ordinal);
        Assert.Contains($"Message-ID: <{Id:N}@example.org>\r\n", mail, StringComparison.Ordinal);
        Assert.Contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n", mail, StringComparison.Ordinal);
    }

    private static string Compose(Message message) =>
        MimeMail.Compose(message, Id, new MailAddress("Portico <no-reply@example.org>"), DateTimeOffset.UnixEpoch, readable: false);
}
