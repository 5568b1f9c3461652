using System.Security.Cryptography;
using System.Text.Json.Serialization;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.ServiceAccounts;

namespace Portico.Application.ServiceAccounts;

/// <summary>Issues an access token to a service account (OAuth 2.0 client credentials, RFC 6749, 4.4).</summary>
/// <remarks>The names are those of the RFC, and members that it does not name are ignored.</remarks>
/// <example>
/// {"grant_type":"client_credentials","client_id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd",
/// "client_secret":"portico_8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv","scope":"money.read"}
/// </example>
[Anonymous]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record IssueServiceToken : ICommand<ServiceTokenDto>, IOwnTransaction
{
    [JsonPropertyName("grant_type")]
    public required string GrantType { get; init; }

    /// <summary>The id of the service account; it may be in an Authorization header instead.</summary>
    [JsonPropertyName("client_id")]
    public string? ClientId { get; init; }

    [JsonPropertyName("client_secret")]
    public string? ClientSecret { get; init; }

    /// <summary>The permissions that the token is to have, with spaces between them; without it all that the account has.</summary>
    [JsonPropertyName("scope")]
    public string? Scope { get; init; }
}

/// <summary>The access token of a service account (RFC 6749, 5.1); it has no session and no refresh token.</summary>
/// <example>
/// {"access_token":"eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln","token_type":"Bearer","expires_in":300,"scope":"money.read"}
/// </example>
public sealed record ServiceTokenDto
{
    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    [JsonPropertyName("token_type")]
    public required string TokenType { get; init; }

    /// <summary>In seconds.</summary>
    [JsonPropertyName("expires_in")]
    public required int ExpiresIn { get; init; }

    [JsonPropertyName("scope")]
    public required string Scope { get; init; }
}

internal sealed class IssueServiceTokenValidator : AbstractValidator<IssueServiceToken>
{
    private const string Grant = "client_credentials";
    private const int MaxLength = 200;
    private const int MaxScopeLength = 1000;

    public IssueServiceTokenValidator()
    {
        RuleFor(c => c.GrantType).Equal(Grant).WithMessage($"The only grant is {Grant}.").OverridePropertyName("grant_type");
        RuleFor(c => c.ClientId).NotEmpty().MaximumLength(MaxLength).OverridePropertyName("client_id");
        RuleFor(c => c.ClientSecret).NotEmpty().MaximumLength(MaxLength).OverridePropertyName("client_secret");
        RuleFor(c => c.Scope).MaximumLength(MaxScopeLength);
    }
}

internal sealed class IssueServiceTokenHandler(
    IAppDbContext db, IServiceSecrets secrets, IAccessTokenIssuer issuer, IClient client, TimeProvider clock)
    : ICommandHandler<IssueServiceToken, ServiceTokenDto>
{
    public async Task<Result<ServiceTokenDto>> Handle(IssueServiceToken command, CancellationToken cancellationToken)
    {
        if (await secrets.Refuse(client.IpAddress, cancellationToken) is { } tooMany)
            return tooMany;
        if (!Guid.TryParseExact(command.ClientId, "D", out var id)
            || await db.Set<ServiceAccount>().AsNoTracking().SingleOrDefaultAsync(a => a.Id == id, cancellationToken) is not { } account
            || await Find(id, command.ClientSecret!, cancellationToken) is not { } secret)
        {
            await secrets.Failed(client.IpAddress, cancellationToken);
            return ServiceAccountErrors.InvalidClient;
        }

        await secrets.Succeeded(secret.Id, secret.LastUsedAt, cancellationToken);
        string[] asked = command.Scope?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? account.Permissions;
        if (asked.Except(account.Permissions, StringComparer.Ordinal).Any())
            return ServiceAccountErrors.InvalidScope;

        string[] granted = [.. account.Permissions.Intersect(asked, StringComparer.Ordinal)];
        var token = issuer.IssueToService(account.Id, secret.Id, granted);
        return new ServiceTokenDto
        {
            AccessToken = token.Value,
            TokenType = "Bearer",
            ExpiresIn = (int)token.Lifetime.TotalSeconds,
            Scope = string.Join(' ', granted),
        };
    }

    private async Task<ServiceSecret?> Find(Guid accountId, string text, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var hash = ServiceSecretText.HashOf(text);
        var valid = await db.Set<ServiceSecret>().AsNoTracking()
            .Where(s => s.AccountId == accountId && s.ExpiresAt > now)
            .ToListAsync(cancellationToken);
        return valid.Find(secret => CryptographicOperations.FixedTimeEquals(secret.Hash, hash));
    }
}
