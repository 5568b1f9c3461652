using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>A registered user: profile, role and status.</summary>
/// <remarks>Credentials are stored elsewhere under the same id; this class contains no secret.</remarks>
public sealed class User : AggregateRoot, IAuditable, ISoftDeletable
{
    public const int MaxDisplayNameLength = 100;
    public const int MaxTimeZoneLength = 64;
    public const string DefaultTimeZone = "UTC";

    private User(Guid id, string displayName, string locale)
        : base(id) => (DisplayName, Locale) = (displayName, locale);

    public string DisplayName { get; private set; }
    public string? Email { get; private set; }
    public DateTimeOffset? EmailVerifiedAt { get; private set; }
    public string? Phone { get; private set; }
    public DateTimeOffset? PhoneVerifiedAt { get; private set; }
    public Role Role { get; private set; } = Role.User;
    public UserStatus Status { get; private set; } = UserStatus.Active;

    /// <summary>The language of messages to this user, a BCP 47 tag.</summary>
    public string Locale { get; private set; }

    /// <summary>The time zone of the user, a name of the IANA database: the days and months of spending limits begin in it.</summary>
    public string TimeZone { get; private set; } = DefaultTimeZone;

    /// <summary>How codes that prove the user reach this user; a request can name another way.</summary>
    public CodeChannel CodeChannel { get; private set; } = CodeChannel.Address;

    /// <summary>The token version: a counter in access tokens; raising it makes all earlier tokens invalid.</summary>
    public int Epoch { get; private set; }

    /// <summary>The session version: a counter in sessions; raising it ends all earlier sessions.</summary>
    public int SessionVersion { get; private set; }

    /// <summary>The contact addresses that this user signs in with: the e-mail address first, then the phone number.</summary>
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

    /// <summary>Registers a user with an address that was just proved; without one, if the user signs in with a provider only.</summary>
    public static User Register(ContactAddress? address, string displayName, string locale, DateTimeOffset now)
    {
        var user = new User(Ids.New(now), displayName, locale);
        if (address?.Kind == ContactKind.Email)
            (user.Email, user.EmailVerifiedAt) = (address.Value, now);
        else if (address is not null)
            (user.Phone, user.PhoneVerifiedAt) = (address.Value, now);
        user.Raise(new UserRegistered(user.Id, user.DisplayName, user.Locale));
        return user;
    }

    /// <summary>Changes the profile; <c>null</c> leaves a value unchanged.</summary>
    public void ChangeProfile(string? displayName, string? locale)
    {
        if ((displayName ?? DisplayName) == DisplayName && (locale ?? Locale) == Locale)
            return;

        DisplayName = displayName ?? DisplayName;
        Locale = locale ?? Locale;
        Raise(new UserProfileChanged(Id, DisplayName, Locale));
    }

    /// <summary>Chooses how codes that prove the user reach the user.</summary>
    public void ChooseCodeChannel(CodeChannel channel) => CodeChannel = channel;

    /// <summary>Sets the time zone, a name of the IANA database; a day or month that has begun keeps its end.</summary>
    public void ChangeTimeZone(string timeZone) => TimeZone = timeZone;

    /// <summary>Sets an address that was just proved; it replaces the address of the same kind.</summary>
    public void ChangeContact(ContactAddress address, DateTimeOffset now)
    {
        if (address.Kind == ContactKind.Email)
            (Email, EmailVerifiedAt) = (address.Value, now);
        else
            (Phone, PhoneVerifiedAt) = (address.Value, now);
        Raise(new UserContactChanged(Id, address.Kind));
    }

    /// <summary>Whether this user may act on another user: only with a higher role, so never on themselves.</summary>
    public bool Outranks(User other) => this is { Status: UserStatus.Active, DeletedAt: null } && Role > other.Role;

    /// <summary>Changes the role on behalf of a user with a higher role; the new role must be below that user's role.</summary>
    public Result<Unit> AssignRole(Role role, User by)
    {
        if (Refuse(by) is { } refusal)
            return refusal;
        if (role >= by.Role)
            return UserErrors.RankTooLow;

        AssignRole(role);
        return Unit.Value;
    }

    /// <summary>Changes the role on behalf of the system; earlier access tokens become invalid.</summary>
    public void AssignRole(Role role)
    {
        if (role == Role)
            return;

        Role = role;
        Epoch++;
        Raise(new UserRoleChanged(Id, role));
    }

    /// <summary>Records a password change; earlier sessions and access tokens become invalid.</summary>
    public void ChangePassword()
    {
        EndSessions();
        Raise(new UserPasswordChanged(Id));
    }

    /// <summary>Records that a login of a provider was linked.</summary>
    public void LinkLogin(string provider) => Raise(new UserLoginLinked(Id, provider));

    /// <summary>Records that the login of a provider was unlinked.</summary>
    public void UnlinkLogin(string provider) => Raise(new UserLoginUnlinked(Id, provider));

    /// <summary>Records that a Telegram chat was linked.</summary>
    public void LinkTelegram() => Raise(new UserTelegramLinked(Id));

    /// <summary>Records that the Telegram chat was unlinked; codes go to the address again.</summary>
    public void UnlinkTelegram()
    {
        if (CodeChannel == CodeChannel.Telegram)
            CodeChannel = CodeChannel.Address;
        Raise(new UserTelegramUnlinked(Id));
    }

    /// <summary>Records a change of the second factors or passkeys.</summary>
    public void ChangeSecondFactor(SecondFactorChange change) => Raise(new UserSecondFactorChanged(Id, change));

    /// <summary>
    /// Records that an administrator, who has a higher role, removed all second factors and passkeys; earlier sessions end.
    /// </summary>
    public Result<Unit> ResetSecondFactors(User by)
    {
        if (Refuse(by) is { } refusal)
            return refusal;

        EndSessions();
        ChangeSecondFactor(SecondFactorChange.Reset);
        return Unit.Value;
    }

    /// <summary>Records a sign-in from a device that is not a known device.</summary>
    public void UseNewDevice(string device, string? ipAddress) => Raise(new UserNewDeviceUsed(Id, device, ipAddress));

    /// <summary>Blocks the user on behalf of a user with a higher role; earlier sessions and access tokens become invalid.</summary>
    /// <remarks>Does nothing when the user is already blocked.</remarks>
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

    /// <summary>Unblocks the user on behalf of a user with a higher role.</summary>
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

    /// <summary>Ends all sessions on behalf of a user with a higher role; earlier access tokens become invalid.</summary>
    public Result<Unit> EndSessions(User by)
    {
        if (Refuse(by) is { } refusal)
            return refusal;

        EndSessions();
        Raise(new UserSessionsEnded(Id));
        return Unit.Value;
    }

    /// <summary>Deletes the user on behalf of a user with a higher role; the address stays reserved for a while, for a restore.</summary>
    public Result<Unit> Delete(User by, DateTimeOffset now)
    {
        if (!by.Outranks(this))
            return UserErrors.RankTooLow;
        if (DeletedAt is null)
            Delete(by.Id, now);
        return Unit.Value;
    }

    /// <summary>Deletes the user on their own request.</summary>
    public void DeleteOwnAccount(DateTimeOffset now) => Delete(Id, now);

    /// <summary>Restores a deleted user, with the status from before, on behalf of a user with a higher role.</summary>
    /// <param name="by">The user with the higher role.</param>
    /// <param name="hasPasskey">Whether the user can sign in with a passkey, so that no address is needed.</param>
    public Result<Unit> Restore(User by, bool hasPasskey = false)
    {
        if (!by.Outranks(this))
            return UserErrors.RankTooLow;
        if (DeletedAt is null)
            return Unit.Value;
        if (!hasPasskey && !Addresses.Any())
            return UserErrors.AddressFreed;

        (DeletedAt, DeletedBy) = (null, null);
        Raise(new UserRestored(Id));
        return Unit.Value;
    }

    /// <summary>Removes an address from a deleted user, so that another person can register with it.</summary>
    /// <exception cref="InvalidOperationException">The user is not deleted.</exception>
    public void FreeAddress(ContactKind kind)
    {
        if (DeletedAt is null)
            throw new InvalidOperationException("Only the address of a deleted user can be freed.");

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
