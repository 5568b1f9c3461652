using Portico.Application.Common.Security;

namespace Portico.Application.Auth;

/// <summary>The tokens of a session: a short-lived access token and a refresh token for the next one (RFC 6749, 5.1).</summary>
/// <remarks>Lifetimes are in seconds. Use the refresh token once; the answer contains the next one.</remarks>
/// <example>
/// {"accessToken":"eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln","tokenType":"Bearer","expiresIn":300,
/// "refreshToken":"AQGh_H7noXkVqj-K6CxMTd0BofyAfrh7NYiPhM-3sus0AAAAARBsMEZNyKnK-aIRxSTxiwwV6OUJHvioUWV-uJUQkRah",
/// "refreshExpiresIn":1209600,"sessionId":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34"}
/// </example>
public sealed record TokensDto
{
    public required string AccessToken { get; init; }
    public required string TokenType { get; init; }
    public required int ExpiresIn { get; init; }
    public required string RefreshToken { get; init; }
    public required int RefreshExpiresIn { get; init; }
    public required Guid SessionId { get; init; }

    internal static TokensDto Of(SessionTicket ticket, AccessToken accessToken) => new()
    {
        AccessToken = accessToken.Value,
        TokenType = "Bearer",
        ExpiresIn = (int)accessToken.Lifetime.TotalSeconds,
        RefreshToken = ticket.RefreshToken,
        RefreshExpiresIn = (int)ticket.RefreshLifetime.TotalSeconds,
        SessionId = ticket.SessionId,
    };
}
