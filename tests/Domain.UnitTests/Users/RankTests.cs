using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Domain.UnitTests.Users;

/// <summary>Who may do what to whom, over all ranks and all acts.</summary>
public sealed class RankTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, Func<User, User, Result<Unit>>> Acts = new(StringComparer.Ordinal)
    {
        ["role user"] = (user, by) => user.AssignRole(Role.User, by),
        ["role manager"] = (user, by) => user.AssignRole(Role.Manager, by),
        ["role admin"] = (user, by) => user.AssignRole(Role.Admin, by),
        ["block"] = (user, by) => user.Block(by),
        ["unblock"] = (user, by) => user.Unblock(by),
        ["end sessions"] = (user, by) => user.EndSessions(by),
        ["delete"] = (user, by) => user.Delete(by, Noon),
        ["restore"] = (user, by) => user.Restore(by),
    };

    public static TheoryData<Role, Role, string> Everything()
    {
        var rows = new TheoryData<Role, Role, string>();
        foreach (var by in Enum.GetValues<Role>())
        {
            foreach (var user in Enum.GetValues<Role>())
            {
                foreach (var act in Acts.Keys)
                    rows.Add(by, user, act);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Only_a_higher_rank_acts_and_gives_ranks_below_its_own(Role by, Role rank, string act)
    {
        var user = Person(rank);
        var allowed = by > rank && (act switch
        {
            "role admin" => Role.Admin < by,
            "role manager" => Role.Manager < by,
            _ => true,
        });
        var before = Snapshot(user);

        var error = Acts[act](user, Person(by)).Error;

        Assert.Equal(allowed ? null : "rank_too_low", error?.Code);
        if (!allowed)
            Assert.Equal(before, Snapshot(user));
    }

    [Theory]
    [InlineData(Role.User)]
    [InlineData(Role.Manager)]
    [InlineData(Role.Admin)]
    public void Nobody_acts_on_themselves(Role rank) => Assert.All(Acts.Values, act =>
    {
        var user = Person(rank);
        Assert.Equal("rank_too_low", act(user, user).Error?.Code);
        Assert.Empty(user.Events);
    });

    [Fact]
    public void Who_is_blocked_or_deleted_acts_on_nobody()
    {
        var blocked = Person(Role.Manager);
        Assert.True(blocked.Block(Person(Role.Admin)).IsSuccess);
        var deleted = Person(Role.Admin);
        deleted.DeleteOwnAccount(Noon);

        Assert.All(Acts.Values, act => Assert.Equal("rank_too_low", act(Person(Role.User), blocked).Error?.Code));
        Assert.All(Acts.Values, act => Assert.Equal("rank_too_low", act(Person(Role.User), deleted).Error?.Code));
    }

    [Fact]
    public void What_is_so_already_stays_so_and_raises_nothing()
    {
        var admin = Person(Role.Admin);
        var user = Person(Role.User);
        Assert.True(user.Unblock(admin).IsSuccess);
        Assert.True(user.Restore(admin).IsSuccess);
        Assert.True(user.AssignRole(Role.User, admin).IsSuccess);
        Assert.Empty(user.Events);

        Assert.True(user.Block(admin).IsSuccess);
        Assert.True(user.Block(admin).IsSuccess);
        Assert.Equal((UserStatus.Blocked, 1), (user.Status, user.Epoch));
        Assert.IsType<UserBlocked>(Assert.Single(user.TakeEvents()).Event);

        Assert.True(user.Delete(admin, Noon).IsSuccess);
        Assert.True(user.Delete(admin, Noon.AddDays(1)).IsSuccess);
        Assert.Equal((Noon, admin.Id, 2), (user.DeletedAt, user.DeletedBy, user.Epoch));
        Assert.IsType<UserDeleted>(Assert.Single(user.TakeEvents()).Event);
    }

    [Fact]
    public void Who_is_deleted_is_restored_before_anything_else_and_as_they_were()
    {
        var admin = Person(Role.Admin);
        var user = Person(Role.Manager);
        user.Block(admin);
        user.Delete(admin, Noon);
        foreach (var act in (string[])["role user", "block", "unblock", "end sessions"])
            Assert.Equal("user_deleted", Acts[act](user, admin).Error?.Code);

        Assert.True(user.Restore(admin).IsSuccess);
        Assert.Equal((Role.Manager, UserStatus.Blocked, null), (user.Role, user.Status, user.DeletedAt));
    }

    [Fact]
    public void An_address_is_freed_of_the_deleted_only_and_without_one_nobody_is_restored()
    {
        var user = Person(Role.User);
        Assert.Throws<InvalidOperationException>(() => user.FreeAddress(ContactKind.Email));

        user.DeleteOwnAccount(Noon);
        user.FreeAddress(ContactKind.Email);
        Assert.Null(user.Email);
        Assert.Null(user.EmailVerifiedAt);
        Assert.Equal("address_freed", user.Restore(Person(Role.Admin)).Error?.Code);
    }

    private static (Role Role, UserStatus Status, int Epoch, long Version, DateTimeOffset? DeletedAt) Snapshot(User user) =>
        (user.Role, user.Status, user.Epoch, user.Version, user.DeletedAt);

    private static User Person(Role role)
    {
        Assert.True(ContactAddress.TryParseEmail("ada@example.com", out var address));
        var user = User.Register(address, "Ada", "en", Noon);
        user.AssignRole(role);
        user.TakeEvents();
        return user;
    }
}
