using Portico.Application.Users;
using Portico.Domain.Users;

namespace Portico.Application.UnitTests.Users;

public sealed class ChangeProfileValidatorTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("Ada", null)]
    [InlineData("\u0410\u0434\u0430 \u041B\u0430\u0432\u043B\u0435\u0439\u0441", "ru")]
    [InlineData("A", "pt-BR")]
    [InlineData(" Ada ", "zh-Hans-CN")]
    public void Takes_a_name_a_language_or_neither(string? displayName, string? locale) =>
        Assert.Empty(Requests.Refused(new ChangeProfile { DisplayName = displayName, Locale = locale }));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\u00A0\t")]
    [InlineData("Ada\n")]
    [InlineData("A\u007Fda")]
    public void Refuses_a_name_that_cannot_be_read(string displayName) =>
        Assert.Equal(["displayName"], Requests.Refused(new ChangeProfile { DisplayName = displayName }));

    [Fact]
    public void Bounds_the_name()
    {
        Assert.Empty(Requests.Refused(new ChangeProfile { DisplayName = new string('x', User.MaxDisplayNameLength) }));
        Assert.Equal(["displayName"], Requests.Refused(new ChangeProfile { DisplayName = new string('x', User.MaxDisplayNameLength + 1) }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("e")]
    [InlineData("english")]
    [InlineData("en_US")]
    [InlineData("en-")]
    [InlineData("en-US\n")]
    [InlineData("en-a-b-c-d")]
    [InlineData("\u0440\u0443")]
    [InlineData("en-12345678-12345678-12345678-12345678")]
    public void Refuses_what_is_no_language_tag(string locale) =>
        Assert.Equal(["locale"], Requests.Refused(new ChangeProfile { Locale = locale }));
}
