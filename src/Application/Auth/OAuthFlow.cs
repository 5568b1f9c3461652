namespace Portico.Application.Auth;

/// <summary>One sign-in with a provider, from its start to the return of the browser; part of the encrypted state.</summary>
/// <param name="Provider">The name of the provider.</param>
/// <param name="ReturnUrl">Where the browser ends.</param>
/// <param name="CodeChallenge">
/// The S256 challenge of the frontend (RFC 7636): the code of the flow is exchanged only with its verifier. <c>null</c> for none.
/// </param>
/// <param name="Link">The session that links the account; <c>null</c> for a sign-in.</param>
public sealed record OAuthFlow(string Provider, string ReturnUrl, string? CodeChallenge, LinkingSession? Link);

/// <summary>The session that asked to link an account of a provider.</summary>
public sealed record LinkingSession(Guid UserId, Guid SessionId);
