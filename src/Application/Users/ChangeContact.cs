using AutoMapper;
using FluentValidation;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Replaces or adds a contact address of the caller; needs the password, a fresh second factor and a code.</summary>
/// <remarks>
/// The old address gets a notification, queued in the same transaction. Sessions continue, because the password stays the same. Codes
/// and challenges that were sent to the old address become invalid. The code of the new address belongs to the caller, and becomes
/// invalid with a new password, a reset or a block.
/// </remarks>
/// <example>{"email":"ada.king@example.org","code":"492816","password":"correct horse battery staple"}</example>
[Authenticated]
public sealed record ChangeContact : ICommand<UserDto>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required string Code { get; init; }

    /// <summary>The <c>requestId</c> of the answer to the request for the code.</summary>
    public string? RequestId { get; init; }

    /// <summary>The password; a user who has none leaves it out and needs a fresh session.</summary>
    public string? Password { get; init; }
}

internal sealed class ChangeContactValidator : AbstractValidator<ChangeContact>
{
    public ChangeContactValidator()
    {
        this.NamesOneContact();
        RuleFor(c => c.Code).IsCode();
        RuleFor(c => c.RequestId).IsRequestId();
        RuleFor(c => c.Password).NotEmpty().MaximumLength(FieldRules.MaxTypedPasswordLength)
            .When(c => c.Password is not null);
    }
}

internal sealed class ChangeContactHandler(
    IClient client, PasswordConfirmation confirmation, FreshProof fresh, ICodes codes, IAddressRelease addresses, IAuditLog audit,
    INotificationQueue notifications,
    IMapper mapper, TimeProvider clock)
    : ICommandHandler<ChangeContact, UserDto>
{
    public async Task<Result<UserDto>> Handle(ChangeContact command, CancellationToken cancellationToken)
    {
        var known = await confirmation.Find(cancellationToken);
        if (known.Error is { } missing)
            return missing;

        if (await fresh.RefuseWithoutFactor(cancellationToken) is { } notFresh)
            return notFresh;

        // The password is checked first: without it a caller learns nothing about the code and consumes none.
        var confirmed = await confirmation.Confirm(known.Value, command.Password, cancellationToken);
        if (confirmed.Error is { } notTheirs)
            return notTheirs;

        var address = command.Contact();
        var proof = await codes.Consume(
            address, CodeScope.ChangeContact(confirmed.Value.User), command.Code, command.RequestId, client.IpAddress, cancellationToken);
        if (proof.Error is { } invalid)
            return invalid;

        var changed = await confirmation.Change<User>(
            confirmed.Value,
            async (user, token) =>
            {
                await addresses.ReleaseExpired(address, token);
                var before = user.Addresses.ToArray();
                var now = clock.GetUtcNow();
                user.ChangeContact(address, now);
                audit.Add(Note(user.Id, before.FirstOrDefault(old => old.Kind == address.Kind), address));

                // In this transaction, because no event contains the old addresses.
                var changeId = Ids.New(now);
                foreach (var old in before.Where(old => old != address))
                    await notifications.Enqueue(changeId, user.Id, Notification.ContactChanged(address, now), token, to: old);
                return user;
            },
            cancellationToken);
        return changed.Error is { } refusal ? refusal : mapper.Map<UserDto>(changed.Value);
    }

    // ToString masks the address, because the audit log outlives the data of users.
    private static AuditNote Note(Guid userId, ContactAddress? before, ContactAddress after) =>
        new AuditNote(AuditActions.UserContactChanged, AuditSubject.User(userId))
            .With("kind", after.Kind)
            .Changed("address", before?.ToString(), after.ToString());
}
