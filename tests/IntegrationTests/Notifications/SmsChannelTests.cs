using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Notifications;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.Infrastructure.Notifications;

namespace Portico.IntegrationTests.Notifications;

/// <summary>Text messages as gateways of several makes get them.</summary>
public sealed class SmsChannelTests
{
    private const string Text = "\u0412\u0430\u0448 \u043A\u043E\u0434: 012345\nHe said \"100% {to} & <me>\"\\";

    private static readonly Guid Id = Guid.CreateVersion7();

    [Fact]
    public async Task Speaks_json_with_a_token_unless_told_otherwise()
    {
        await using var gateway = await SmsGateway.StartAsync();

        await SendAsync(gateway, new() { ["Url"] = $"{gateway.Address}messages", ["Token"] = "the-token" });

        var request = Assert.Single(gateway.Requests);
        Assert.Equal(("/messages", "application/json; charset=utf-8"), (request.Url, request.ContentType));
        Assert.Equal(("Bearer the-token", $"{Id}"), (request.Headers["Authorization"], request.Headers["Idempotency-Key"]));
        Assert.Equal(("+4915112345678", Text), Parts(request.Body));
        // Its URL may hold secrets, so the call is part of no trace.
        Assert.False(request.Headers.ContainsKey("traceparent"));
    }

    [Fact]
    public async Task Speaks_a_form_with_basic_credentials_as_twilio_wants_it()
    {
        await using var gateway = await SmsGateway.StartAsync();
        gateway.Status = 201;
        var credentials = $"Basic {Convert.ToBase64String("AC1:secret"u8)}";

        await SendAsync(gateway, new()
        {
            ["Url"] = $"{gateway.Address}2010-04-01/Accounts/AC1/Messages.json",
            ["Format"] = "Form",
            ["Body"] = "To={to}&From=%2B15550100&Body={text}",
            ["Headers:Authorization"] = credentials,
        });

        var request = Assert.Single(gateway.Requests);
        Assert.Equal("application/x-www-form-urlencoded; charset=utf-8", request.ContentType);
        Assert.Equal(credentials, request.Headers["Authorization"]);
        var form = System.Web.HttpUtility.ParseQueryString(request.Body, Encoding.UTF8);
        Assert.Equal(("+4915112345678", "+15550100", Text), (form["To"], form["From"], form["Body"]));
    }

    [Fact]
    public async Task Fills_the_url_and_finds_the_error_in_an_answer_200_as_smsc_gives_it()
    {
        await using var gateway = await SmsGateway.StartAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Url"] = $"{gateway.Address}sys/send.php?login=portico&psw=s3cret&fmt=3&phones={{to}}&mes={{text}}&id={{id}}",
            ["FailureText"] = "\"error_code\"",
        };

        await SendAsync(gateway, settings);
        var query = System.Web.HttpUtility.ParseQueryString(new Uri(gateway.Address, Assert.Single(gateway.Requests).Url).Query);
        Assert.Equal(("+4915112345678", Text, $"{Id}"), (query["phones"], query["mes"], query["id"]));

        gateway.Answer = """{"error":"no money","error_code":3}""";
        var refusal = await Assert.ThrowsAsync<MessageRejectedException>(() => SendAsync(gateway, settings));
        Assert.DoesNotContain("s3cret", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(404, false)]
    [InlineData(422, false)]
    [InlineData(302, true)]
    [InlineData(401, true)]
    [InlineData(429, true)]
    [InlineData(503, true)]
    // What happened to the message is unknown.
    [InlineData(500, false)]
    [InlineData(504, false)]
    public async Task Tries_again_only_what_was_surely_not_sent(int status, bool again)
    {
        await using var gateway = await SmsGateway.StartAsync();
        gateway.Status = status;

        var failure = await Record.ExceptionAsync(() => SendAsync(gateway, new() { ["Url"] = $"{gateway.Address}" }));

        Assert.Equal(again, failure is not null and not MessageRejectedException);
        Assert.Contains($"{status}", failure!.Message, StringComparison.Ordinal);
        Assert.Single(gateway.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_try_without_an_answer_is_repeated_only_where_the_gateway_knows_duplicates(bool idempotent)
    {
        await using var gateway = await SmsGateway.StartAsync();
        var settings = new Dictionary<string, string?>
        {
            ["Url"] = $"{gateway.Address}",
            ["Timeout"] = "00:00:01",
            ["IsIdempotent"] = $"{idempotent}",
        };

        gateway.IsSilent = true;
        Assert.Equal(idempotent, await Record.ExceptionAsync(() => SendAsync(gateway, settings)) is HttpRequestException);
        (gateway.IsSilent, gateway.IsCut) = (false, true);
        Assert.Equal(idempotent, await Record.ExceptionAsync(() => SendAsync(gateway, settings)) is HttpRequestException);
        Assert.Equal(2, gateway.Requests.Count);
    }

    [Fact]
    public async Task A_gateway_that_is_away_is_tried_again()
    {
        await using var gateway = await SmsGateway.StartAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(gateway, new() { ["Url"] = $"http://127.0.0.1:{Ports.Free()}" }));
    }

    private static (string? To, string? Text) Parts(string json)
    {
        using var body = JsonDocument.Parse(json);
        return (body.RootElement.GetProperty("to").GetString(), body.RootElement.GetProperty("text").GetString());
    }

    private static async Task SendAsync(SmsGateway gateway, Dictionary<string, string?> settings)
    {
        Assert.NotNull(gateway);
        Assert.True(ContactAddress.TryParsePhone("+4915112345678", out var phone));
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([
                new("Mail:Smtp:Host", "localhost"),
                .. settings.Select(setting => KeyValuePair.Create($"Mail:Sms:{setting.Key}", setting.Value)),
            ])
            .Build();
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
            .AddNotifications(configuration)
            .BuildServiceProvider();
        var channel = services.GetServices<IMessageChannel>().Single(channel => channel is SmsChannel);
        await channel.Send(new Message(phone, "Code", Text + "\n"), Id, CancellationToken.None);
    }
}
