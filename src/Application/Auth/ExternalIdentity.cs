using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>An account at a provider, as the provider has just shown it to Portico.</summary>
/// <param name="Provider">The name of the provider, such as <c>google</c>.</param>
/// <param name="Subject">The provider's id of the account.</param>
/// <param name="Email">The e-mail address of the account, if the provider gave one.</param>
/// <param name="IsEmailVerified">Whether the provider promises that the person can read messages at the address.</param>
/// <param name="Name">The name of the person, if the provider gave one.</param>
public sealed record ExternalIdentity(string Provider, string Subject, string? Email, bool IsEmailVerified, string? Name)
{
    /// <summary>The address, if it is one that Portico can use.</summary>
    internal ContactAddress? Address => ContactAddress.TryParseEmail(Email, out var address) ? address : null;
}
