using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using Outcome = Portico.Domain.Forecasts.Outcome;

namespace Portico.Application.UnitTests.Notifications;

public sealed class MessageTemplatesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly Notification[] All =
    [
        Notification.Code("012345", TimeSpan.FromMinutes(10)),
        Notification.SignInCode("012345", TimeSpan.FromMinutes(10)),
        Notification.ResetCode("012345", TimeSpan.FromMinutes(10)),
        Notification.LinkCode("012345", "VK ID", TimeSpan.FromMinutes(10)),
        Notification.LoginLinked("Google", Noon),
        Notification.LoginUnlinked("Google", Noon),
        Notification.TelegramLinked(Noon),
        Notification.TelegramUnlinked(Noon),
        Notification.BotLinked("a***@example.org"),
        Notification.BotLinkInvalid(),
        Notification.BotChatTaken(),
        .. Enum.GetValues<SecondFactorChange>().Select(change => Notification.SecondFactorChanged(change, Noon)),
        Notification.Welcome("Ada Lovelace"),
        Notification.PasswordChanged(Noon),
        Notification.NewDevice("Firefox, Linux", "203.0.113.7", Noon),
        Notification.AccountBlocked(Noon),
        Notification.AccountDeleted(Noon),
        Notification.MoneyReceived("12.34 EUR", Noon),
        Notification.ForecastSettled("Lions \u2013 Bears", Outcome.Win1, Outcome.Win1, 1),
        Notification.ForecastSettled("Lions \u2013 Bears", Outcome.Win1, Outcome.Draw, 0),
        Notification.ContactChanged(Requests.Phone(), Noon),
    ];

    public static IEnumerable<object[]> Worded() =>
        from notification in All from language in MessageTemplates.Languages select new object[] { notification.Template, language };

    [Fact]
    public void Every_template_has_a_notification() =>
        Assert.Equal(
            MessageTemplates.Templates.Order(StringComparer.Ordinal),
            All.Select(notification => notification.Template).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Worded))]
    public async Task Is_worded_whole_in_each_language_and_kept_to_be_looked_at(string template, string language)
    {
        var notification = All.Single(notification => notification.Template == template);
        var message = MessageTemplates.Render(notification, Requests.Email(), language);

        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "notifications"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{template}.{language}.html"), message.Html);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{template}.{language}.txt"), $"{message.Subject}\n\n{message.Text}");

        Assert.DoesNotContain('{', message.Subject + message.Text);
        Assert.All(notification.Values.Values, value => Assert.Contains(value, message.Subject + message.Text, StringComparison.Ordinal));
        Assert.EndsWith("\n", message.Text, StringComparison.Ordinal);
        var cyrillic = message.Text.Count(c => c is >= '\u0400' and <= '\u04FF');
        Assert.True(language == "ru" ? cyrillic > 30 : cyrillic == 0, message.Text);
    }

    [Theory]
    [MemberData(nameof(Worded))]
    public void Html_is_well_formed_and_says_what_the_text_says(string template, string language)
    {
        var message = MessageTemplates.Render(All.Single(notification => notification.Template == template), Requests.Email(), language);

        var page = Page(message.Html!);
        Assert.Equal(language, page.Attribute("lang")!.Value);
        Assert.Equal(
            Words($"{message.Subject} {message.Text.Replace("\n- ", "\n", StringComparison.Ordinal)}"),
            Words(string.Join(' ', Content(page))));
    }

    [Fact]
    public void Needs_every_value_that_its_notification_has() => Assert.All(
        All,
        notification => Assert.All(notification.Values.Keys, missing =>
        {
            var others = notification.Values.Where(value => value.Key != missing).ToDictionary();
            Assert.Throws<KeyNotFoundException>(() =>
                MessageTemplates.Render(Notification.Of(notification.Template, others), Requests.Email(), "en"));
        }));

    [Fact]
    public void No_value_becomes_a_tag_or_another_line()
    {
        const string name = "<script>alert(1)</script>\r\nBcc: eve@example.org\u2028\u202E&amp; {{code}} \"'";
        var message = MessageTemplates.Render(Notification.Welcome(name), Requests.Email(), "en");

        Assert.DoesNotContain("<script", message.Html!, StringComparison.Ordinal);
        Assert.Contains("Hello <script>alert(1)</script> Bcc: eve@example.org &amp; {{code}} \"',", message.Text, StringComparison.Ordinal);
        Assert.Contains(
            "Hello <script>alert(1)</script> Bcc: eve@example.org &amp; {{code}} \"',",
            Page(message.Html!).Value,
            StringComparison.Ordinal);

        var amount = MessageTemplates.Render(Notification.MoneyReceived("1 EUR\r\nBcc: eve@example.org", Noon), Requests.Email(), "en");
        Assert.Equal("You received 1 EUR Bcc: eve@example.org", amount.Subject);
    }

    [Fact]
    public void A_long_value_is_cut_between_letters()
    {
        var message = MessageTemplates.Render(
            Notification.Welcome(new string('x', MessageTemplates.MaxValueLength - 1) + "\U0001F600!"), Requests.Email(), "en");

        Assert.Contains($"Hello {new string('x', MessageTemplates.MaxValueLength - 1)},", message.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_phone_gets_plain_text_only() => Assert.Null(MessageTemplates.Render(All[0], Requests.Phone(), "en").Html);

    [Fact]
    public void The_code_is_the_only_6_digit_number()
    {
        var samples = Gen.Zip(Gen.Choose(0, 999_999), Gen.Zip(Gen.Choose(1, 3600), Gen.Elements("ru", "ru-RU", "en", "de", "")));

        Prop.ForAll(Arb.From(samples), sample =>
        {
            var code = $"{sample.Item1:000000}";
            var message = MessageTemplates.Render(
                Notification.Code(code, TimeSpan.FromSeconds(sample.Item2.Item1)), Requests.Email(), sample.Item2.Item2);
            return Numbers(message.Text).SequenceEqual([code])
                && !Numbers(message.Subject).Any()
                && Numbers(message.Html!).SequenceEqual([code]);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("ru", true)]
    [InlineData("ru-RU", true)]
    [InlineData("RU", true)]
    [InlineData("rup", false)]
    [InlineData("en", false)]
    [InlineData("de-DE", false)]
    [InlineData("", false)]
    public void Speaks_russian_to_russians_and_english_to_others(string locale, bool russian)
    {
        var message = MessageTemplates.Render(All[0], Requests.Email(), locale);

        Assert.StartsWith(russian ? "\u0412\u0430\u0448 \u043A\u043E\u0434" : "Your ", message.Subject, StringComparison.Ordinal);
        Assert.Contains(russian ? "10 \u043C\u0438\u043D" : "10 minutes", message.Text, StringComparison.Ordinal);
        Assert.Equal(Requests.Email(), message.To);
    }

    /// <summary>The page as XML, once what XML doesn't know is closed or taken out.</summary>
    private static XElement Page(string html)
    {
        var xml = Regex.Replace(
            html.Replace("<!DOCTYPE html>\n", "", StringComparison.Ordinal),
            "<meta (?<attributes>[^>]*)>",
            "<meta ${attributes}/>",
            RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(1));
        return XElement.Parse(xml);
    }

    private static IEnumerable<string> Content(XElement page) =>
        page.Descendants("main").Single().DescendantNodes().OfType<XText>().Select(text => text.Value);

    private static string[] Words(string text) => text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Numbers(string text) =>
        Regex.Matches(text, "[0-9]{6,}", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(match => match.Value);
}
