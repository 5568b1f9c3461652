using FsCheck;
using FsCheck.Fluent;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Domain.UnitTests.Users;

public sealed class UserTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly User Boss = Ranked(Role.Admin);

    private enum Act
    {
        Move,
        Rename,
        Relocate,
        Promote,
        Demote,
        ChangePassword,
        Block,
        Unblock,
        EndSessions,
        Leave,
        Restore,
    }

    [Fact]
    public void Registers_with_a_verified_email_address()
    {
        var user = User.Register(Email(), "Ada", "en", Noon);

        Assert.Equal(("ada@example.com", Noon), (user.Email, user.EmailVerifiedAt));
        Assert.Null(user.Phone);
        Assert.Null(user.PhoneVerifiedAt);
        Assert.Equal(("Ada", "en"), (user.DisplayName, user.Locale));
        Assert.Equal((Role.User, UserStatus.Active, 0), (user.Role, user.Status, user.Epoch));
    }

    [Fact]
    public void Registers_with_a_verified_phone_number()
    {
        Assert.True(ContactAddress.TryParsePhone("+4915112345678", out var phone));

        var user = User.Register(phone, "Ada", "en", Noon);

        Assert.Equal(("+4915112345678", Noon), (user.Phone, user.PhoneVerifiedAt));
        Assert.Null(user.Email);
        Assert.Null(user.EmailVerifiedAt);
    }

    [Fact]
    public void Takes_an_id_that_sorts_by_the_time_of_registration()
    {
        var earlier = User.Register(Email(), "Ada", "en", Noon).Id;
        var later = User.Register(Email(), "Ada", "en", Noon.AddMilliseconds(1)).Id;

        Assert.Equal(7, earlier.Version);
        Assert.True(string.CompareOrdinal(earlier.ToString(), later.ToString()) < 0);
    }

    [Fact]
    public void Tells_of_the_registration_without_the_address()
    {
        var user = User.Register(Email(), "Ada", "en", Noon);

        var raised = Assert.Single(user.Events);
        Assert.Equal(new RaisedEvent(1, new UserRegistered(user.Id, "Ada", "en")), raised);
        Assert.DoesNotContain("example.com", raised.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Keeps_the_parts_of_the_profile_that_are_left_out()
    {
        var user = Somebody();

        user.ChangeProfile("Countess", null);
        user.ChangeProfile(null, "ru");

        Assert.Equal(("Countess", "ru"), (user.DisplayName, user.Locale));
        Assert.Equal(
            [
                new RaisedEvent(2, new UserProfileChanged(user.Id, "Countess", "en")),
                new RaisedEvent(3, new UserProfileChanged(user.Id, "Countess", "ru"))
            ],
            user.TakeEvents());
        Assert.Equal(0, user.Epoch);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Ada", null)]
    [InlineData(null, "en")]
    [InlineData("Ada", "en")]
    public void Raises_nothing_when_the_profile_stays_as_it_was(string? displayName, string? locale)
    {
        var user = Somebody();

        user.ChangeProfile(displayName, locale);

        Assert.Empty(user.Events);
        Assert.Equal(1, user.Version);
    }

    [Fact]
    public void Another_role_kills_the_access_tokens_of_the_old_one()
    {
        var user = Somebody();

        user.AssignRole(Role.Manager);

        Assert.Equal((Role.Manager, 1), (user.Role, user.Epoch));
        Assert.Equal([new RaisedEvent(2, new UserRoleChanged(user.Id, Role.Manager))], user.Events);
    }

    [Fact]
    public void The_same_role_again_changes_nothing()
    {
        var user = Somebody();

        user.AssignRole(Role.User);

        Assert.Empty(user.Events);
        Assert.Equal((1, 0), (user.Version, user.Epoch));
    }

    [Fact]
    public void Another_password_kills_the_access_tokens_from_before()
    {
        var user = Somebody();

        user.ChangePassword();

        Assert.Equal(1, user.Epoch);
        Assert.Equal([new RaisedEvent(2, new UserPasswordChanged(user.Id))], user.Events);
    }

    [Fact]
    public void Hands_its_events_over_once()
    {
        var user = User.Register(Email(), "Ada", "en", Noon);

        Assert.Single(user.TakeEvents());
        Assert.Empty(user.TakeEvents());
        Assert.Empty(user.Events);
        Assert.Equal(1, user.Version);
    }

    [Fact]
    public void Its_version_counts_its_events_without_a_gap_and_its_epoch_never_falls()
    {
        var acts = Gen.ListOf(Gen.Zip(Gen.Elements(Enum.GetValues<Act>()), ArbMap.Default.GeneratorFor<bool>()));

        Prop.ForAll(Arb.From(acts), steps =>
        {
            var user = User.Register(Email(), "Ada", "en", Noon);
            var events = new List<RaisedEvent>();
            foreach (var (act, saved) in steps)
            {
                var (epoch, version) = (user.Epoch, user.Version);
                Do(user, act);
                if (user.Epoch < epoch || user.Version < version || user.Version > version + 1)
                    return false;
                if (saved)
                    events.AddRange(user.TakeEvents());
            }

            events.AddRange(user.TakeEvents());
            return events.Select(e => e.Version).SequenceEqual(Enumerable.Range(1, (int)user.Version).Select(version => (long)version))


                        && user.Epoch == events.Count(
                            e => e.Event is UserRoleChanged or UserPasswordChanged or UserBlocked or UserSessionsEnded or UserDeleted)


                        && user.SessionVersion == events.Count(
                            e => e.Event is UserPasswordChanged or UserBlocked or UserSessionsEnded or UserDeleted);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Another_address_takes_the_place_of_its_kind_only()
    {
        var user = Somebody();
        Assert.True(ContactAddress.TryParsePhone("+4915112345678", out var phone));
        user.ChangeContact(phone, Noon.AddHours(1));
        Assert.Equal(["ada@example.com", "+4915112345678"], user.Addresses.Select(address => address.Value));
        Assert.Equal((Noon, Noon.AddHours(1)), (user.EmailVerifiedAt, user.PhoneVerifiedAt));

        Assert.True(ContactAddress.TryParseEmail("ada.king@example.com", out var email));
        user.ChangeContact(email, Noon.AddHours(2));
        Assert.Equal(["ada.king@example.com", "+4915112345678"], user.Addresses.Select(address => address.Value));
        Assert.Equal([ContactKind.Phone, ContactKind.Email], user.TakeEvents().Select(e => ((UserContactChanged)e.Event).Kind));
    }

    private static void Do(User user, Act act)
    {
        switch (act)
        {
            case Act.Rename:
                user.ChangeProfile(user.DisplayName == "Ada" ? "Countess" : "Ada", null);
                break;
            case Act.Relocate:
                user.ChangeProfile(null, "ru");
                break;
            case Act.Promote:
                user.AssignRole(Role.Manager);
                break;
            case Act.Block:
                user.Block(Boss);
                break;
            case Act.Unblock:
                user.Unblock(Boss);
                break;
            case Act.EndSessions:
                user.EndSessions(Boss);
                break;
            case Act.Leave:
                user.Delete(Boss, Noon);
                break;
            case Act.Restore:
                user.Restore(Boss);
                break;
            case Act.Demote:
                user.AssignRole(Role.User);
                break;
            case Act.Move:
                user.ChangeContact(Email(), Noon);
                break;
            default:
                user.ChangePassword();
                break;
        }
    }

    private static User Ranked(Role role)
    {
        var user = Somebody();
        user.AssignRole(role);
        user.TakeEvents();
        return user;
    }

    private static User Somebody()
    {
        var user = User.Register(Email(), "Ada", "en", Noon);
        user.TakeEvents();
        return user;
    }

    private static ContactAddress Email()
    {
        Assert.True(ContactAddress.TryParseEmail("ada@example.com", out var address));
        return address;
    }
}
