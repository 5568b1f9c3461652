using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>A person who signed up: their profile, rank and standing.</summary>
/// <remarks>Credentials are kept elsewhere under the same id; here is nothing that could sign anybody in.</remarks>
public sealed class User : AggregateRoot, IAuditable, ISoftDeletable
{
    public const int MaxDisplayNameLength = 100;

    private User(Guid id, string displayName, string locale)
        : base(id) => (DisplayName, Locale) = (displayName, locale);

    public string DisplayName { get; private set; }
    public string? Email { get; private set; }
    public DateTimeOffset? EmailVerifiedAt { get; private set; }
    public string? Phone { get; private set; }
    public DateTimeOffset? PhoneVerifiedAt { get; private set; }
    public Role Role { get; private set; } = Role.User;
    public UserStatus Status { get; private set; } = UserStatus.Active;

    /// <summary>The language of messages to this person, a BCP 47 tag.</summary>
    public string Locale { get; private set; }

    /// <summary>A counter that access tokens carry; raising it kills all that were issued before.</summary>
    public int Epoch { get; private set; }

    /// <summary>A counter that sessions carry; raising it ends all that were opened before, wherever they are kept.</summary>
    public int SessionVersion { get; private set; }

    /// <summary>What this person signs in with: the e-mail address, if there is one, then the phone.</summary>
    public IEnumerable<ContactAddress> Addresses
    {
        get
        {
            if (ContactAddress.TryParseEmail(Email, out var email))
                yield return email;
            if (ContactAddress.TryParsePhone(Phone, out var phone))
                yield return phone;
        }
    }

    public DateTimeOffset CreatedAt { get; private set; }
    public Guid? CreatedBy { get; private set; }
    public DateTimeOffset? UpdatedAt { get; private set; }
    public Guid? UpdatedBy { get; private set; }
    public DateTimeOffset? DeletedAt { get; private set; }
    public Guid? DeletedBy { get; private set; }

    /// <summary>Signs a person up with an address that they have just proved to hold.</summary>
    public static User Register(ContactAddress address, string displayName, string locale, DateTimeOffset now)
    {
        var user = new User(Guid.CreateVersion7(now), displayName, locale);
        if (address.Kind == ContactKind.Email)
            (user.Email, user.EmailVerifiedAt) = (address.Value, now);
        else
            (user.Phone, user.PhoneVerifiedAt) = (address.Value, now);
        user.Raise(new UserRegistered(user.Id, user.DisplayName, user.Locale));
        return user;
    }

    /// <summary>Changes what the person says of themselves; what is <c>null</c> stays as it was.</summary>
    public void ChangeProfile(string? displayName, string? locale)
    {
        if ((displayName ?? DisplayName) == DisplayName && (locale ?? Locale) == Locale)
            return;

        DisplayName = displayName ?? DisplayName;
        Locale = locale ?? Locale;
        Raise(new UserProfileChanged(Id, DisplayName, Locale));
    }

    /// <summary>Puts an address that the person has just proved to hold in the place of the one of its kind, if there was one.</summary>
    public void ChangeContact(ContactAddress address, DateTimeOffset now)
    {
        if (address.Kind == ContactKind.Email)
            (Email, EmailVerifiedAt) = (address.Value, now);
        else
            (Phone, PhoneVerifiedAt) = (address.Value, now);
        Raise(new UserContactChanged(Id, address.Kind));
    }

    /// <summary>Gives the person another rank; access tokens with the old one die.</summary>
    public void AssignRole(Role role)
    {
        if (role == Role)
            return;

        Role = role;
        Epoch++;
        Raise(new UserRoleChanged(Id, role));
    }

    /// <summary>Notes that the person has another password; sessions and access tokens from before die.</summary>
    public void ChangePassword()
    {
        EndSessions();
        Raise(new UserPasswordChanged(Id));
    }

    private void EndSessions()
    {
        Epoch++;
        SessionVersion++;
    }
}
