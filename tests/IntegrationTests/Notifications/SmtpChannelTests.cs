using System.Net;
using System.Net.Sockets;
using System.Text;
using MailKit.Security;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Notifications;

namespace Portico.IntegrationTests.Notifications;

/// <summary>Mail as a server of another make gets it.</summary>
public sealed class SmtpChannelTests
{
    private static readonly Guid Id = Guid.CreateVersion7();

    [Theory]
    [InlineData(SmtpSecurity.StartTls, "PLAIN")]
    [InlineData(SmtpSecurity.StartTls, "LOGIN")]
    [InlineData(SmtpSecurity.Tls, "PLAIN")]
    [InlineData(SmtpSecurity.None, "PLAIN")]
    public async Task Cyrillic_arrives_intact_over_every_kind_of_connection(SmtpSecurity security, string method)
    {
        await using var server = await MailServer.StartAsync(security, methods: [method]);
        var message = MessageTemplates.Render(
            Notification.Welcome("\u0410\u0434\u0430 <\u041B\u0430\u0432\u043B\u0435\u0439\u0441> & \U0001F600"),
            Email("ada@example.org"),
            "ru");

        await Channel(server, security).Send(message, Id, CancellationToken.None);

        var mail = Assert.Single(await server.TakenBy("ada@example.org"));
        Assert.Equal(message.Subject, mail.Subject);
        Assert.Equal(message.Text, mail.Text.TrimEnd('\n') + "\n");
        Assert.Equal(message.Html!.TrimEnd('\n'), mail.Html!.TrimEnd('\n'));
        Assert.Equal($"<{Id:N}@portico.example>", mail.Id);
        Assert.Equal("\"\u041F\u043E\u0440\u0442\u0438\u043A\u043E\" <no-reply@portico.example>", mail.Sender);
        Assert.Equal("no-reply@portico.example", mail.From);
        Assert.Equal("auto-generated", mail.Automatic);
        Assert.Equal(MailServer.UserName, mail.User);
        Assert.Equal(security != SmtpSecurity.None, mail.Secure);
        Assert.True(Ascii.IsValid(mail.Raw));
        Assert.InRange(mail.Date, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
    }

    [Fact]
    public async Task Lines_that_begin_with_a_dot_are_lines_like_any_other()
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.None, withUser: false);
        const string text = "first\n.\n..\n.last";

        await Channel(server, SmtpSecurity.None, signsIn: false)
            .Send(new Message(Email("ada@example.org"), "Dots", text), Id, CancellationToken.None);

        Assert.Equal(text, Assert.Single(await server.TakenBy("ada@example.org")).Text.TrimEnd('\n'));
    }

    [Theory]
    [InlineData("never", "The mail server answered 550 5.1.1 to RCPT.")]
    [InlineData("full", "The mail server answered 552 5.2.2 to the mail.")]
    public async Task What_is_refused_for_good_is_told_from_what_may_pass(string who, string reason)
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.None, withUser: false);

        var error = await Assert.ThrowsAsync<MessageRejectedException>(() => Send(server, who));

        Assert.Equal(reason, error.Message);
    }

    [Theory]
    [InlineData("later", typeof(SmtpReplyException))]
    [InlineData("drop", typeof(IOException))]
    [InlineData("hang", typeof(TimeoutException))]
    public async Task What_may_pass_is_told_from_what_is_refused_for_good(string who, Type failure)
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.None, withUser: false);

        var thrown = await Record.ExceptionAsync(() => Send(server, who));

        Assert.IsType(failure, thrown);
        Assert.DoesNotContain(who, thrown.Message, StringComparison.Ordinal);
        Assert.Empty(server.Taken);
    }

    [Fact]
    public async Task A_wrong_password_is_our_mistake_and_not_the_message_s()
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.StartTls);
        var channel = Channel(server, SmtpSecurity.StartTls, password: "wrong");

        var failure = await Assert.ThrowsAsync<SmtpReplyException>(() => channel.Send(A("ada@example.org"), Id, CancellationToken.None));

        Assert.Equal("The mail server answered 535 5.7.8 to AUTH.", failure.Message);
    }

    [Fact]
    public async Task Not_having_signed_in_is_our_mistake_and_not_the_message_s()
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.StartTls);

        await Assert.ThrowsAsync<SmtpReplyException>(
            () => Channel(server, SmtpSecurity.StartTls, signsIn: false).Send(A("ada@example.org"), Id, CancellationToken.None));
    }

    [Fact]
    public async Task Nothing_is_said_to_a_server_whose_certificate_no_trusted_authority_signed()
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.StartTls);
        await using var other = await MailServer.StartAsync(SmtpSecurity.StartTls);
        var channel = Channel(server, SmtpSecurity.StartTls, trusted: other.CertificateFile);

        await Assert.ThrowsAsync<SslHandshakeException>(() => channel.Send(A("ada@example.org"), Id, CancellationToken.None));
        Assert.Empty(server.Taken);
    }

    [Theory]
    [InlineData(SmtpSecurity.StartTls)]
    [InlineData(SmtpSecurity.Tls)]
    public async Task Nothing_is_said_to_a_server_whose_trusted_certificate_is_for_another_name(SmtpSecurity security)
    {
        await using var server = await MailServer.StartAsync(security, name: "mail.example.org");

        await Assert.ThrowsAsync<SslHandshakeException>(
            () => Channel(server, security).Send(A("ada@example.org"), Id, CancellationToken.None));
        Assert.Empty(server.Taken);
    }

    [Fact]
    public async Task Without_a_file_of_authorities_those_of_the_machine_decide()
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.StartTls);

        await Assert.ThrowsAsync<SslHandshakeException>(
            () => Channel(server, SmtpSecurity.StartTls, trusted: "").Send(A("ada@example.org"), Id, CancellationToken.None));
        Assert.Empty(server.Taken);
    }

    [Fact]
    public async Task Nothing_is_said_to_a_server_that_does_not_encrypt()
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.None);

        await Assert.ThrowsAsync<NotSupportedException>(
            () => Channel(server, SmtpSecurity.StartTls).Send(A("ada@example.org"), Id, CancellationToken.None));
        Assert.Empty(server.Taken);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    [InlineData("220 hello\r\n250-hello\r\n250 STARTTLS\r\n220 go\r\n250 injected before the connection was encrypted\r\n")]
    public async Task A_server_that_breaks_the_rules_is_a_failure_that_may_pass(string speech)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var speaking = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(speech));
            client.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(Stream.Null);
        });
        var settings = Settings(
            ((IPEndPoint)listener.LocalEndpoint).Port, SmtpSecurity.StartTls, trusted: null, userName: null, password: null);

        var failure = await Record.ExceptionAsync(
            () => new SmtpChannel(settings, TimeProvider.System).Send(A("ada@example.org"), Id, CancellationToken.None));

        Assert.True(failure is IOException or SslHandshakeException, $"{failure}");
        await speaking;
    }

    private static Task Send(MailServer server, string who)
    {
        var timeout = who == "hang" ? TimeSpan.FromSeconds(3) : (TimeSpan?)null;
        return Channel(server, SmtpSecurity.None, signsIn: false, timeout: timeout)
            .Send(A($"{who}@example.org"), Id, CancellationToken.None);
    }

    private static SmtpChannel Channel(
        MailServer server,
        SmtpSecurity security,
        bool signsIn = true,
        string password = MailServer.Password,
        string? trusted = null,
        TimeSpan? timeout = null)
    {
        var (user, secret) = signsIn ? (MailServer.UserName, password) : default((string?, string?));
        return new(Settings(server.Port, security, trusted ?? server.CertificateFile, user, secret, timeout), TimeProvider.System);
    }

    private static MailSettings Settings(
        int port, SmtpSecurity security, string? trusted, string? userName, string? password, TimeSpan? timeout = null)
    {
        var settings = new MailSettings
        {
            From = "\u041F\u043E\u0440\u0442\u0438\u043A\u043E <no-reply@portico.example>",
            Smtp = new SmtpSettings
            {
                Host = "localhost",
                Port = port,
                Security = security,
                TrustedCertificateFile = trusted,
                UserName = userName,
                Password = password,
                Timeout = timeout ?? TimeSpan.FromSeconds(30),
            },
        };
        Assert.Empty(settings.Validate());
        return settings;
    }

    private static Message A(string address) => new(Email(address), "Subject", "Text\n");

    private static ContactAddress Email(string address)
    {
        Assert.True(ContactAddress.TryParseEmail(address, out var email));
        return email;
    }
}
