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
        var user = new User(Ids.New(now), displayName, locale);
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

    /// <summary>Whether this person may act on another one: from a higher rank only, so never on themselves.</summary>
    public bool Outranks(User other) => this is { Status: UserStatus.Active, DeletedAt: null } && Role > other.Role;

    /// <summary>Lets somebody of a higher rank give the person another one, which must be below their own.</summary>
    public Result<Unit> AssignRole(Role role, User by)
    {
        if (Refuse(by) is { } refusal)
            return refusal;
        if (role >= by.Role)
            return UserErrors.RankTooLow;

        AssignRole(role);
        return Unit.Value;
    }

    /// <summary>Gives the person another rank in the name of the system; access tokens with the old one die.</summary>
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

    /// <summary>Notes that somebody signed in as this person where the person had not been before.</summary>
    public void UseNewDevice(string device, string? ipAddress) => Raise(new UserNewDeviceUsed(Id, device, ipAddress));

    /// <summary>Lets somebody of a higher rank keep the person out; access tokens from before die. One who is blocked stays so.</summary>
    public Result<Unit> Block(User by)
    {
        if (Refuse(by) is { } refusal)
            return refusal;
        if (Status == UserStatus.Blocked)
            return Unit.Value;

        Status = UserStatus.Blocked;
        EndSessions();
        Raise(new UserBlocked(Id));
        return Unit.Value;
    }

    /// <summary>Lets somebody of a higher rank let the person in again.</summary>
    public Result<Unit> Unblock(User by)
    {
        if (Refuse(by) is { } refusal)
            return refusal;
        if (Status == UserStatus.Active)
            return Unit.Value;

        Status = UserStatus.Active;
        Raise(new UserUnblocked(Id));
        return Unit.Value;
    }

    /// <summary>Lets somebody of a higher rank sign the person out everywhere; access tokens from before die.</summary>
    public Result<Unit> EndSessions(User by)
    {
        if (Refuse(by) is { } refusal)
            return refusal;

        EndSessions();
        Raise(new UserSessionsEnded(Id));
        return Unit.Value;
    }

    /// <summary>Lets somebody of a higher rank delete the person, who keeps their address for a while and can be restored.</summary>
    public Result<Unit> Delete(User by, DateTimeOffset now)
    {
        if (!by.Outranks(this))
            return UserErrors.RankTooLow;
        if (DeletedAt is null)
            Delete(by.Id, now);
        return Unit.Value;
    }

    /// <summary>Deletes the person at their own wish.</summary>
    public void DeleteOwnAccount(DateTimeOffset now) => Delete(Id, now);

    /// <summary>Lets somebody of a higher rank bring a deleted person back, with the standing that they had.</summary>
    public Result<Unit> Restore(User by)
    {
        if (!by.Outranks(this))
            return UserErrors.RankTooLow;
        if (DeletedAt is null)
            return Unit.Value;
        if (!Addresses.Any())
            return UserErrors.AddressFreed;

        (DeletedAt, DeletedBy) = (null, null);
        Raise(new UserRestored(Id));
        return Unit.Value;
    }

    /// <summary>Takes an address from a deleted person, so that somebody else can sign up with it.</summary>
    /// <exception cref="InvalidOperationException">The person is not deleted.</exception>
    public void FreeAddress(ContactKind kind)
    {
        if (DeletedAt is null)
            throw new InvalidOperationException("Only a deleted person loses an address to others.");

        if (kind == ContactKind.Email)
            (Email, EmailVerifiedAt) = (null, null);
        else
            (Phone, PhoneVerifiedAt) = (null, null);
        Raise(new UserAddressFreed(Id));
    }

    private Error? Refuse(User by) => !by.Outranks(this) ? UserErrors.RankTooLow : DeletedAt is not null ? UserErrors.Deleted : null;

    private void Delete(Guid by, DateTimeOffset now)
    {
        (DeletedAt, DeletedBy) = (now, by);
        EndSessions();
        Raise(new UserDeleted(Id));
    }

    private void EndSessions()
    {
        Epoch++;
        SessionVersion++;
    }
}
