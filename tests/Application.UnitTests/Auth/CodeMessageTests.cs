using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Portico.Application.Auth;

namespace Portico.Application.UnitTests.Auth;

public sealed class CodeMessageTests
{
    [Fact]
    public void The_code_is_the_only_6_digit_number()
    {
        var samples = Gen.Zip(Gen.Choose(0, 999_999), Gen.Zip(Gen.Choose(1, 3600), Gen.Elements("ru", "ru-RU", "en", "de", "")));

        Prop.ForAll(Arb.From(samples), sample =>
        {
            var code = $"{sample.Item1:000000}";
            var message = CodeMessage.For(Requests.Email(), code, TimeSpan.FromSeconds(sample.Item2.Item1), sample.Item2.Item2);
            return Numbers(message.Text).SequenceEqual([code]) && !Numbers(message.Subject).Any();
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("ru", true)]
    [InlineData("ru-RU", true)]
    [InlineData("RU", true)]
    [InlineData("en", false)]
    [InlineData("de-DE", false)]
    [InlineData("", false)]
    public void Speaks_russian_to_russians_and_english_to_others(string locale, bool russian)
    {
        var message = CodeMessage.For(Requests.Email(), "123456", TimeSpan.FromMinutes(10), locale);

        Assert.StartsWith(russian ? "\u0412\u0430\u0448 \u043A\u043E\u0434" : "Your ", message.Subject, StringComparison.Ordinal);
        Assert.Contains(russian ? "10 \u043C\u0438\u043D" : "10 minutes", message.Text, StringComparison.Ordinal);
        Assert.Equal(Requests.Email(), message.To);
    }

    private static IEnumerable<string> Numbers(string text) =>
        Regex.Matches(text, "[0-9]{6,}", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(match => match.Value);
}
