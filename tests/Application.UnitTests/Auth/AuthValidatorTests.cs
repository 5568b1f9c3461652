using Portico.Application.Auth;
using Portico.Application.Events;
using Portico.Application.Users;
using Portico.Application.Wallets;

namespace Portico.Application.UnitTests.Auth;

public sealed class AuthValidatorTests
{
    private static readonly Register Registration =
        new() { Email = "ada@example.com", Code = "123456", Password = "correct horse", DisplayName = "Ada" };

    [Fact]
    public void Good_requests_are_refused_nothing()
    {
        Assert.Empty(Requests.Refused(Registration));
        Assert.Empty(Requests.Refused(Registration with { Email = null, Phone = "+4915112345678" }));
        Assert.Empty(Requests.Refused(new LogIn { Email = "ada@example.com", Password = "x" }));
        Assert.Empty(Requests.Refused(new VerifyChallenge { ChallengeId = "x", Method = ChallengeMethod.AddressCode, Code = "000000" }));
        Assert.Empty(Requests.Refused(new RefreshSession { RefreshToken = "x" }));
        Assert.Empty(Requests.Refused(new SendVerificationCode { Phone = "+4915112345678", Reason = VerificationReason.Registration }));
        Assert.Empty(
            Requests.Refused(new ConfirmPasswordReset { Email = "ada@example.com", Code = "000000", NewPassword = "correct horse" }));
    }

    [Theory]
    [InlineData(null, null, "email")]
    [InlineData("ada@example.com", "+4915112345678", "email")]
    [InlineData("ada", null, "email")]
    [InlineData("", null, "email")]
    [InlineData(null, "015112345678", "phone")]
    [InlineData(null, "", "phone")]
    public void Every_request_names_exactly_one_valid_contact(string? email, string? phone, string refused)
    {
        Assert.Equal([refused], Requests.Refused(Registration with { Email = email, Phone = phone }));
        Assert.Equal([refused], Requests.Refused(new LogIn { Email = email, Phone = phone, Password = "x" }));
        Assert.Equal(
            [refused],
            Requests.Refused(new SendVerificationCode { Email = email, Phone = phone, Reason = VerificationReason.Registration }));
        Assert.Equal(
            [refused],
            Requests.Refused(new ConfirmPasswordReset { Email = email, Phone = phone, Code = "000000", NewPassword = "correct horse" }));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("12345a")]
    [InlineData("12345\n")]
    [InlineData("123456\n")]
    [InlineData("\u0661\u0662\u0663\u0664\u0665\u0666")]
    public void A_code_has_6_ascii_digits(string? code)
    {
        Assert.Equal(["code"], Requests.Refused(Registration with { Code = code! }));
        Assert.Equal(
            ["code"],
            Requests.Refused(new ConfirmPasswordReset { Email = "ada@example.com", Code = code!, NewPassword = "correct horse" }));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(0, false)]
    [InlineData(7, false)]
    [InlineData(8, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_new_password_has_8_to_128_characters(int? length, bool good)
    {
        var password = length is { } count ? new string('x', count) : null!;

        Assert.Equal(good ? [] : ["password"], Requests.Refused(Registration with { Password = password }));
        Assert.Equal(
            good ? [] : ["newPassword"],
            Requests.Refused(new ConfirmPasswordReset { Email = "ada@example.com", Code = "000000", NewPassword = password }));
    }

    [Theory]
    // An accent as a character of its own, then three accents: one letter in form C.
    [InlineData("e\u0301", 128, true)]
    [InlineData("e\u0301", 129, false)]
    [InlineData("\u03C9\u0313\u0300\u0345", 128, true)]
    // In form C these are two characters.
    [InlineData("\u0958", 64, true)]
    [InlineData("\u0958", 65, false)]
    public void A_new_password_is_measured_as_it_is_hashed(string letter, int count, bool good) => Assert.Equal(
        good ? [] : ["password"],
        Requests.Refused(Registration with { Password = string.Concat(Enumerable.Repeat(letter, count)) }));

    [Theory]
    [InlineData(null, false)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(512, true)]
    [InlineData(513, false)]
    public void A_password_to_sign_in_with_is_bounded_but_not_judged(int? length, bool good) => Assert.Equal(
        good ? [] : ["password"],
        Requests.Refused(new LogIn { Email = "ada@example.com", Password = length is { } count ? new string('x', count) : null! }));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("A\u0000da")]
    [InlineData("Ada\r\nBcc: eve@example.com")]
    public void Nobody_registers_without_a_readable_name(string? name) =>
        Assert.Equal(["displayName"], Requests.Refused(Registration with { DisplayName = name! }));

    [Theory]
    [Trait("Category", "Cases")]
    [InlineData("\u200B")]
    [InlineData("\u202E \uFEFF")]
    [InlineData("\uFFFF")]
    [InlineData("\u00AD\u2060\u180E")]
    [InlineData("\u0301\uFE0F")]
    [InlineData("\u3164\u115F\u1160\uFFA0\u2800")]
    [InlineData("\U000E0041\U000F0000")]
    public void A_name_that_nobody_sees_is_refused_everywhere(string name)
    {
        Assert.Equal(["displayName"], Requests.Refused(Registration with { DisplayName = name }));
        Assert.Equal(["displayName"], Requests.Refused(new ChangeProfile { DisplayName = name }));
        Assert.Equal(["name"], Requests.Refused(new OpenWallet { Name = name, Currency = "EUR" }));
        Assert.Equal(["name"], Requests.Refused(new RenameWallet { Name = name }));
        Assert.Equal(["title"], Requests.Refused(new CreateEvent { Title = name, ClosesAt = DateTimeOffset.MaxValue }));
        Assert.Equal(["title"], Requests.Refused(new ChangeEvent { Title = name, ClosesAt = DateTimeOffset.MaxValue }));
        Assert.Equal(["reason"], Requests.Refused(new BlockUser { Reason = name }));
    }

    [Theory]
    [InlineData("\u0410\u0434\u0430")]
    [InlineData("\u5C0F\u6797 \u82B1")]
    [InlineData("\U0001F469\u200D\U0001F4BB")]
    [InlineData("\u202BAda")]
    [InlineData("42")]
    [InlineData("?")]
    public void A_name_with_something_to_see_is_taken(string name) =>
        Assert.Empty(Requests.Refused(Registration with { DisplayName = name }));

    [Theory]
    [InlineData(null, true)]
    [InlineData("mQ2v8ZrYk0yXh3bV1cTn5A", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("{a}", false)]
    public void A_request_id_is_opaque_but_bounded(string? id, bool good)
    {
        string[] refused = good ? [] : ["requestId"];
        Assert.Equal(refused, Requests.Refused(Registration with { RequestId = id }));
        Assert.Equal(
            refused,
            Requests.Refused(
                new ConfirmPasswordReset { Email = "a@example.com", Code = "000000", NewPassword = "correct horse", RequestId = id }));
        Assert.Equal(
            refused, Requests.Refused(new ChangeContact { Email = "a@example.com", Code = "000000", Password = "x", RequestId = id }));
        Assert.Equal(
            refused,
            Requests.Refused(
                new VerifyChallenge { ChallengeId = "x", Method = ChallengeMethod.AddressCode, Code = "000000", RequestId = id }));
        Assert.Equal(["requestId"], Requests.Refused(Registration with { RequestId = new string('a', 101) }));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(0, false)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_refresh_token_is_bounded(int? length, bool good) => Assert.Equal(
        good ? [] : ["refreshToken"],
        Requests.Refused(new RefreshSession { RefreshToken = length is { } count ? new string('x', count) : null! }));

    [Theory]
    [InlineData((VerificationReason)0)]
    [InlineData((VerificationReason)99)]
    public void A_verification_code_is_for_a_reason_that_there_is(VerificationReason reason) =>
        Assert.Equal(["reason"], Requests.Refused(new SendVerificationCode { Email = "ada@example.com", Reason = reason }));

    [Fact]
    public void Every_bad_field_is_named_at_once() => Assert.Equal(
        ["code", "displayName", "email", "password"],
        Requests.Refused(new Register { Code = "1", Password = "x", DisplayName = "" }));
}
