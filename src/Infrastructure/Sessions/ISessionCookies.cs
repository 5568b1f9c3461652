namespace Portico.Infrastructure.Sessions;

/// <summary>Makes the cookies that stand for refresh tokens in browsers.</summary>
public interface ISessionCookies
{
    /// <summary>The cookie that continues the same session; the refresh token itself stays on the server.</summary>
    /// <exception cref="ArgumentException">The text is no refresh token of this installation.</exception>
    string CookieOf(string refreshToken);

    /// <summary>The refresh token that a cookie stands for; <c>null</c> for a text that this installation did not write.</summary>
    /// <remarks>It needs no call. Whether the session still exists is another question.</remarks>
    string? RefreshTokenOf(string cookie);
}
