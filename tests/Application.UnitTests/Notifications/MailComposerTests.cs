using System.Net.Mail;
using System.Text;
using System.Text.RegularExpressions;
using MimeKit;
using Portico.Application.Notifications;
using Portico.Infrastructure.Notifications;

namespace Portico.Application.UnitTests.Notifications;

/// <summary>What a parser of other make reads in these mails is tested in the integration tests.</summary>
public sealed class MailComposerTests
{
    private static readonly Guid Id = Guid.CreateVersion7();

    [Fact]
    public void Is_ascii_on_the_wire_in_every_script()
    {
        const string hello = "\u041F\u0440\u0438\u0432\u0435\u0442";

        var mail = Compose(new Message(Requests.Email(), $"{hello} \U0001F600", $"{hello}\n") { Html = $"<p>{hello}</p>" });

        Assert.True(Ascii.IsValid(mail));
        Assert.All(mail.Split("\r\n"), line => Assert.True(line.Length <= 78, line));
        Assert.DoesNotContain('\n', mail.Replace("\r\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public void No_line_is_longer_than_smtp_allows()
    {
        var text = new string('x', 5_000);

        foreach (var readable in new[] { true, false })
        {
            var mail = Compose(new Message(Requests.Email(), text, text), readable);
            Assert.All(mail.Split("\r\n"), line => Assert.True(line.Length <= 998, line));
        }
    }

    [Fact]
    public void A_long_subject_is_read_back_whole()
    {
        var subject = string.Concat(Enumerable.Repeat("\u041F\U0001F600", 80));

        var mail = Compose(new Message(Requests.Email(), subject, "x"));

        Assert.Equal(subject, Parsed(mail).Subject);
        Assert.All(mail.Split("\r\n"), line => Assert.True(line.Length <= 100, line));
    }

    [Theory]
    [InlineData("=?utf-8?B?0J8=?=", "= ?utf-8?B?0J8= ?=")]
    [InlineData("one\r\nBcc: eve@example.org", "one  Bcc: eve@example.org")]
    [InlineData("one\u0085two\0three", "one two three")]
    public void A_subject_is_a_subject_and_nothing_else(string subject, string read)
    {
        var mail = Parsed(Compose(new Message(Requests.Email(), subject, "x")));

        Assert.Equal(read, mail.Subject);
        Assert.Empty(mail.Bcc);
    }

    [Theory]
    [InlineData("\u041F\u043E\u0440\u0442\u0438\u043A\u043E")]
    [InlineData("Portico, \u00ABthe\u00BB <best>")]
    public void A_sender_of_any_script_is_named(string name)
    {
        var message = new Message(Requests.Email(), "x", "x");
        var from = new MailAddress("no-reply@example.org", name);

        using var mail = MailComposer.Compose(message, Id, from, DateTimeOffset.UnixEpoch.ToOffset(TimeSpan.FromHours(3)), readable: false);
        var text = Text(mail);

        var sender = Assert.IsType<MailboxAddress>(Assert.Single(Parsed(text).From));
        Assert.Equal((name, "no-reply@example.org"), (sender.Name, sender.Address));
        Assert.Contains($"Message-Id: <{Id:N}@example.org>\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated\r\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ru")]
    public void A_file_for_people_shows_the_recipient_and_the_code_unencoded(string locale)
    {
        var message = MessageTemplates.Render(Notification.SignInCode("123456", TimeSpan.FromMinutes(10)), Requests.Email(), locale);

        var mail = Compose(message, readable: true);

        Assert.Contains($"\r\nTo: {message.To.Value}\r\n", mail, StringComparison.Ordinal);
        Assert.Contains(message.Text.ReplaceLineEndings("\r\n").TrimEnd(), mail, StringComparison.Ordinal);
        var text = Parsed(mail).TextBody;
        Assert.NotNull(text);
        Assert.Equal("123456", Assert.Single(Regex.Matches(text, @"\b[0-9]{6}\b", RegexOptions.None, TimeSpan.FromSeconds(1))).Value);
    }

    private static MimeMessage Parsed(string mail) => MimeMessage.Load(new MemoryStream(Encoding.UTF8.GetBytes(mail)));

    private static string Compose(Message message, bool readable = false)
    {
        var from = new MailAddress("Portico <no-reply@example.org>");
        using var mail = MailComposer.Compose(message, Id, from, DateTimeOffset.UnixEpoch, readable);
        return Text(mail);
    }

    private static string Text(MimeMessage mail)
    {
        using var bytes = new MemoryStream();
        mail.WriteTo(MailComposer.Format, bytes);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
