using Portico.Application.Common.Security;

namespace Portico.Application.UnitTests.Passwords;

public sealed class CommonPasswordsTests
{
    [Fact]
    public void Are_the_3000_commonest_of_those_that_are_long_enough()
    {
        Assert.Equal(3_000, CommonPasswords.All.Count);
        Assert.All(
            CommonPasswords.All, password => Assert.InRange(password.Length, FieldRules.MinPasswordLength, FieldRules.MaxPasswordLength));
        Assert.All(CommonPasswords.All, password => Assert.Equal(password.Trim(), password));
    }

    [Theory]
    [InlineData("password")]
    [InlineData("Password1")]
    [InlineData("QWERTY123")]
    [InlineData("jennifer")]
    public void Are_known_in_any_case(string password) => Assert.Contains(password, (IReadOnlySet<string>)CommonPasswords.All);
}
