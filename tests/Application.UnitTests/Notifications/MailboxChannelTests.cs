using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit.Utils;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using Portico.Infrastructure.Notifications;

namespace Portico.Application.UnitTests.Notifications;

public sealed class MailboxChannelTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly Guid Id = Guid.CreateVersion7();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portico-mailbox-");
    private readonly ManualClock _clock = new(Noon);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Writes_a_message_that_a_mail_program_can_read()
    {
        await Channel().Send(new Message(Requests.Email(), "Your code", "Line one\nline two\n"), Id, CancellationToken.None);

        var (headers, text) = Read(Assert.Single(Files()));
        Assert.Equal("Portico <no-reply@portico.invalid>", headers["From"]);
        Assert.Equal("ada@example.com", headers["To"]);
        Assert.Equal("Your code", headers["Subject"]);
        Assert.Equal(Noon, DateTimeOffset.Parse(headers["Date"], CultureInfo.InvariantCulture));
        Assert.Equal($"<{Id:N}@portico.invalid>", headers["Message-ID"]);
        Assert.Equal("auto-generated", headers["Auto-Submitted"]);
        Assert.Equal("text/plain; charset=utf-8", headers["Content-Type"]);
        Assert.Equal("Line one\r\nline two\r\n", text);
    }

    [Fact]
    public async Task Keeps_cyrillic_in_the_subject_and_the_text()
    {
        const string subject = "\u0412\u0430\u0448 \u043A\u043E\u0434 Portico";
        await Channel().Send(new Message(Requests.Email(), subject, "\u041F\u0440\u0438\u0432\u0435\u0442"), Id, CancellationToken.None);

        var (headers, text) = Read(Assert.Single(Files()));
        Assert.True(Ascii.IsValid(headers["Subject"]));
        Assert.Equal(subject, Rfc2047.DecodeText(Encoding.ASCII.GetBytes(headers["Subject"])));
        Assert.Equal("\u041F\u0440\u0438\u0432\u0435\u0442\r\n", text);
    }

    [Fact]
    public async Task Leaves_no_half_written_file()
    {
        await Task.WhenAll(
            Enumerable.Range(0, 20)
                .Select(i => Channel().Send(new Message(Requests.Email(), $"No {i}", "x"), Guid.CreateVersion7(), CancellationToken.None)));

        Assert.Equal(20, Files().Length);
        Assert.Equal(20, _folder.GetFiles().Length);
    }

    [Fact]
    public async Task Keeps_the_newest_messages_up_to_its_bound()
    {
        var channel = Channel(limit: 3);
        for (var i = 1; i <= 5; i++)
        {
            _clock.Now = Noon.AddMilliseconds(i);
            await channel.Send(new Message(Requests.Email(), $"No {i}", "x"), Guid.CreateVersion7(), CancellationToken.None);
        }

        Assert.Equal(["No 3", "No 4", "No 5"], Files().Order(StringComparer.Ordinal).Select(file => Read(file).Headers["Subject"]));
    }

    [Fact]
    public async Task Makes_its_folder_and_takes_messages_by_phone_too()
    {
        var folder = Path.Combine(_folder.FullName, "deep", "mailbox");
        var channel = new MailboxChannel(new MailSettings { Mailbox = folder }, _clock, NullLogger<MailboxChannel>.Instance);

        await channel.Send(new Message(Requests.Phone(), "Your code", "x"), Id, CancellationToken.None);

        Assert.True(channel.Reaches(ContactKind.Phone));
        Assert.Equal("+4915112345678", Read(Assert.Single(Directory.GetFiles(folder))).Headers["To"]);
    }

    [Fact]
    public async Task Logs_the_file_and_nothing_that_it_says()
    {
        var log = new RecordingLogger<MailboxChannel>();
        var channel = new MailboxChannel(new MailSettings { Mailbox = _folder.FullName }, _clock, log);

        await channel.Send(new Message(Requests.Email(), "Subject", "Your code is 123456"), Id, CancellationToken.None);

        var line = Assert.Single(log.Lines);
        Assert.Contains(Assert.Single(Files()), line, StringComparison.Ordinal);
        Assert.DoesNotContain("123456", line, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@", line, StringComparison.Ordinal);
    }

    private MailboxChannel Channel(int limit = 100) =>
        new(new MailSettings { Mailbox = _folder.FullName, MailboxLimit = limit }, _clock, NullLogger<MailboxChannel>.Instance);

    private string[] Files() => [.. Directory.GetFiles(_folder.FullName, "*.eml")];

    private static (Dictionary<string, string> Headers, string Text) Read(string file)
    {
        var eml = File.ReadAllText(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
        var end = eml.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (
            eml[..end].Split("\r\n").Select(line => line.Split(": ", 2)).ToDictionary(
                header => header[0], header => header[1], StringComparer.OrdinalIgnoreCase),
            eml[(end + 4)..]);
    }
}
