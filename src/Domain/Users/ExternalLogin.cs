using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>An account at a provider, such as Google, with which a user signs in.</summary>
/// <remarks>
/// It is identified by the provider and the provider's id of the account, the subject; an address never identifies it. A user has one login
/// for each provider at most.
/// </remarks>
public sealed class ExternalLogin : Entity
{
    public const int MaxProviderLength = 20;
    public const int MaxSubjectLength = 255;

    private ExternalLogin(Guid id, Guid userId, string provider, string subject)
        : base(id) => (UserId, Provider, Subject) = (userId, provider, subject);

    public Guid UserId { get; private init; }

    /// <summary>The name of the provider, such as <c>google</c>.</summary>
    public string Provider { get; private init; }

    /// <summary>The provider's id of the account; never an address.</summary>
    public string Subject { get; private init; }

    public DateTimeOffset LinkedAt { get; private init; }

    public static ExternalLogin Link(Guid userId, string provider, string subject, DateTimeOffset now) =>
        new(Ids.New(now), userId, provider, subject) { LinkedAt = now };
}
