using System.Text.Json.Serialization;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.ServiceAccounts;

namespace Portico.Application.ServiceAccounts;

/// <summary>Adds a secret to a service account; the one before it stays valid for the overlap.</summary>
/// <example>{"lifetimeDays":90,"overlapHours":24}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record AddServiceSecret : ICommand<NewServiceSecretDto>
{
    [JsonIgnore]
    public Guid AccountId { get; init; }

    /// <summary>How long the secret is valid: 1 to 365 days.</summary>
    public int LifetimeDays { get; init; } = 90;

    /// <summary>How long the secret before it stays valid, at most: 0 to 720 hours.</summary>
    public int OverlapHours { get; init; } = 24;
}

/// <summary>A new secret, which is shown this once.</summary>
/// <example>
/// {"id":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34","clientId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd",
/// "clientSecret":"portico_8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv","expiresAt":"2027-02-19T10:00:00.123Z"}
/// </example>
public sealed record NewServiceSecretDto(Guid Id, Guid ClientId, string ClientSecret, DateTimeOffset ExpiresAt);

internal sealed class AddServiceSecretValidator : AbstractValidator<AddServiceSecret>
{
    private const int MaxDays = 365;
    private const int MaxOverlapHours = 720;

    public AddServiceSecretValidator()
    {
        RuleFor(c => c.LifetimeDays).InclusiveBetween(1, MaxDays);
        RuleFor(c => c.OverlapHours).InclusiveBetween(0, MaxOverlapHours);
    }
}

internal sealed class AddServiceSecretHandler(
    IAppDbContext db, IServiceSecrets tokens, ITransaction transaction, IAuditLog audit, TimeProvider clock)
    : ICommandHandler<AddServiceSecret, NewServiceSecretDto>
{
    public async Task<Result<NewServiceSecretDto>> Handle(AddServiceSecret command, CancellationToken cancellationToken)
    {
        if (await db.Set<ServiceAccount>().SingleOrDefaultAsync(a => a.Id == command.AccountId, cancellationToken) is not { } account)
            return ServiceAccountErrors.NotFound;

        var now = clock.GetUtcNow();
        var secrets = await db.Set<ServiceSecret>().Where(s => s.AccountId == account.Id).ToListAsync(cancellationToken);
        var valid = secrets.Where(s => s.ExpiresAt > now).ToList();
        var text = ServiceSecretText.New();
        var added = account.AddSecret(
            ServiceSecretText.HashOf(text), valid, TimeSpan.FromDays(command.LifetimeDays), TimeSpan.FromHours(command.OverlapHours), now);
        if (added.Error is { } refusal)
            return refusal;

        var secret = added.Value;
        db.Set<ServiceSecret>().RemoveRange(secrets.Except(valid));
        db.Set<ServiceSecret>().Add(secret);
        audit.Add(new AuditNote(AuditActions.ServiceSecretAdded, AuditSubject.ServiceAccount(account.Id)).With("secretId", secret.Id));
        // Without an overlap the secret before it was found out, and so may have been its tokens.
        if (command.OverlapHours == 0)
            transaction.AfterCommit(token => tokens.EndTokens([.. valid.Select(earlier => earlier.Id)], token));
        return new NewServiceSecretDto(secret.Id, account.Id, text, secret.ExpiresAt);
    }
}
