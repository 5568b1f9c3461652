using System.Net;
using System.Text.RegularExpressions;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed partial class SendVerificationCodeTests : PorticoTests
{
    [Fact]
    public async Task Sends_a_message_whose_only_six_digit_number_is_the_code()
    {
        var email = PorticoApp.NewEmail();
        var answer = await App.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        Assert.Matches("""^{"requestId":"[A-Za-z0-9_-]{22}","expiresIn":600,"resendAfter":60}$""", answer.ToString());

        var message = await App.MessageAsync(email);
        var text = message[message.IndexOf("text/plain", StringComparison.Ordinal)..message.IndexOf("text/html", StringComparison.Ordinal)];
        Assert.Single(SixDigits().Matches(text));
    }

    [Fact]
    public async Task Reaches_a_phone_too()
    {
        var phone = PorticoApp.NewPhone();
        await App.Client.Post("auth/verify-code", new { phone, reason = "registration" }).Json(HttpStatusCode.Accepted);
        Assert.Matches("^[0-9]{6}$", await App.CodeAsync(phone));
    }

    [Fact]
    public async Task Answers_the_same_for_an_address_that_is_taken()
    {
        var taken = await App.SignUpAsync();
        var free = await App.Client.Post("auth/verify-code", new { email = PorticoApp.NewEmail(), reason = "registration" })
            .Json(HttpStatusCode.Accepted);
        // Another spelling of the same address; its pause has to end first, as for everybody.
        await App.Client.Post("auth/verify-code", new { email = taken.Email.ToUpperInvariant(), reason = "registration" })
            .Problem(HttpStatusCode.TooManyRequests, "too_many_codes");
        Assert.Equal(600, free.GetProperty("expiresIn").GetInt32());
    }

    [Fact]
    public async Task Refuses_another_code_within_the_pause_and_says_how_long_to_wait()
    {
        var body = new { email = PorticoApp.NewEmail(), reason = "registration" };
        await App.Client.Post("auth/verify-code", body).Json(HttpStatusCode.Accepted);
        using var again = await App.Client.Post("auth/verify-code", body);
        Assert.Equal(HttpStatusCode.TooManyRequests, again.StatusCode);
        Assert.InRange(again.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 50, 60);
    }

    [Fact]
    public async Task Sends_one_code_when_asked_for_many_at_once()
    {
        var body = new { email = PorticoApp.NewEmail(), reason = "registration" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => App.Client.Post("auth/verify-code", body)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Accepted);
        Assert.Equal(15, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task Refuses_both_and_neither_of_the_addresses()
    {
        var both = await App.Client.Post(
            "auth/verify-code", new { email = "a@example.org", phone = "+4915112345678", reason = "registration" })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(both.GetProperty("errors").TryGetProperty("email", out _), both.ToString());
        await App.Client.Post("auth/verify-code", new { reason = "registration" }).Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Limits_codes_per_hour_and_address_whatever_the_pause()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
                new Dictionary<string, string?>(StringComparer.Ordinal) { ["Otp:MaxPerHour"] = "2", ["Otp:ResendAfter"] = "00:00:01" },
        });
        var body = new { email = PorticoApp.NewEmail(), reason = "registration" };
        for (var sent = 0; sent < 2; sent++)
        {
            await Eventually.Holds(
                async () =>
                {
                    using var answer = await app.Client.Post("auth/verify-code", body);
                    return answer.StatusCode == HttpStatusCode.Accepted;
                },
                "a code after the pause");
        }

        // The pause of a second is over when the wait that is asked for is that of the hour.
        await Eventually.Holds(
            async () =>
            {
                using var answer = await app.Client.Post("auth/verify-code", body);
                Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
                return answer.Headers.RetryAfter!.Delta > TimeSpan.FromMinutes(50);
            },
            "the limit per hour");
    }

    [GeneratedRegex(@"\b[0-9]{6}\b", RegexOptions.None, 1000)]
    private static partial Regex SixDigits();
}
