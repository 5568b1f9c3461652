using AutoMapper;
using Portico.Domain.ServiceAccounts;

namespace Portico.Application.ServiceAccounts;

/// <summary>A service account; its id is the <c>client_id</c>.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","name":"Billing","permissions":["money.read"],"createdAt":"2026-11-21T10:00:00.123Z",
/// "secrets":[{"id":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34","createdAt":"2026-11-21T10:00:00.123Z",
/// "expiresAt":"2027-02-19T10:00:00.123Z","lastUsedAt":null}]}
/// </example>
public sealed record ServiceAccountDto
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> Permissions { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The secrets that are valid now, oldest first; never the secrets themselves.</summary>
    public required IReadOnlyList<ServiceSecretDto> Secrets { get; init; }

    internal static ServiceAccountDto Of(ServiceAccount account, IEnumerable<ServiceSecretDto> secrets) => new()
    {
        Id = account.Id,
        Name = account.Name,
        Permissions = account.Permissions,
        CreatedAt = account.CreatedAt,
        Secrets = [.. secrets],
    };
}

/// <summary>What is known of a secret.</summary>
/// <example>
/// {"id":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34","createdAt":"2026-11-21T10:00:00.123Z","expiresAt":"2027-02-19T10:00:00.123Z",
/// "lastUsedAt":null}
/// </example>
public sealed record ServiceSecretDto
{
    public Guid Id { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When a token was last issued for it, to the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }
}

internal sealed class ServiceSecretProfile : Profile
{
    public ServiceSecretProfile() => CreateMap<ServiceSecret, ServiceSecretDto>();
}
