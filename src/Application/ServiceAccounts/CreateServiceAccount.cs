using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.ServiceAccounts;

namespace Portico.Application.ServiceAccounts;

/// <summary>Creates an account with which another service calls Portico as itself; it has no secret yet.</summary>
/// <example>{"name":"Billing","permissions":["money.read"]}</example>
[RequirePermission(Common.Security.Permissions.UsersManage)]
public sealed record CreateServiceAccount : ICommand<ServiceAccountDto>
{
    public required string Name { get; init; }

    /// <summary>What it may do: permissions that roles have, except <c>users.manage</c>, which needs a rank.</summary>
    public required IReadOnlyList<string> Permissions { get; init; }
}

internal sealed class CreateServiceAccountValidator : AbstractValidator<CreateServiceAccount>
{
    public CreateServiceAccountValidator()
    {
        RuleFor(c => c.Name).IsLine(ServiceAccount.MaxNameLength);
        RuleFor(c => c.Permissions)
            .Must(permissions => permissions is null || permissions.Count <= Permissions.All.Count)
            .WithMessage("Name each permission once.")
            .Must(permissions => permissions?.All(CanBeGranted) == true)
            .WithMessage($"Name permissions of this list: {string.Join(", ", Permissions.All.Where(CanBeGranted))}.");
    }

    private static bool CanBeGranted(string permission) =>
        permission is not (Permissions.UsersManage or Permissions.LimitsWrite)
        && Permissions.All.Contains(permission, StringComparer.Ordinal);
}

internal sealed class CreateServiceAccountHandler(IAppDbContext db, IServiceSecrets accounts, IAuditLog audit, TimeProvider clock)
    : ICommandHandler<CreateServiceAccount, ServiceAccountDto>
{
    public async Task<Result<ServiceAccountDto>> Handle(CreateServiceAccount command, CancellationToken cancellationToken)
    {
        await accounts.LockAccounts(cancellationToken);
        if (await db.Set<ServiceAccount>().CountAsync(cancellationToken) >= ServiceAccount.MaxAccounts)
            return ServiceAccountErrors.TooManyAccounts;

        var account = ServiceAccount.Create(command.Name.Trim(), command.Permissions, clock.GetUtcNow());
        db.Set<ServiceAccount>().Add(account);
        audit.Add(new AuditNote(AuditActions.ServiceAccountCreated, AuditSubject.ServiceAccount(account.Id))
            .With("name", account.Name)
            .With("permissions", string.Join(' ', account.Permissions)));
        // The answer has the time of creation.
        await db.SaveChangesAsync(cancellationToken);
        return ServiceAccountDto.Of(account, []);
    }
}
