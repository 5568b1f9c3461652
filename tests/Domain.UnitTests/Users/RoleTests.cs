using Portico.Domain.Users;

namespace Portico.Domain.UnitTests.Users;

public sealed class RoleTests
{
    [Theory]
    [InlineData(Role.User, new[] { Role.User })]
    [InlineData(Role.Manager, new[] { Role.Manager, Role.User })]
    [InlineData(Role.Admin, new[] { Role.Admin, Role.Manager, Role.User })]
    public void A_role_implies_all_lower_ones_highest_first(Role role, Role[] expected) => Assert.Equal(expected, role.Implied());

    [Fact]
    public void Every_role_implies_itself_and_what_its_implied_roles_imply() => Assert.All(Enum.GetValues<Role>(), role =>
    {
        Assert.Equal(role, role.Implied()[0]);
        Assert.All(role.Implied(), implied => Assert.Subset(role.Implied().ToHashSet(), implied.Implied().ToHashSet()));
    });
}
