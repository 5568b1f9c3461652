using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Orders.Security;

/// <summary>How the access tokens of Portico are verified.</summary>
internal sealed class TokenSettings : ISettings
{
    public static string Section => "Tokens";

    /// <summary>The public address of Portico: the <c>iss</c> of every token. The keys are found under it.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Where this service reaches Portico if it can't reach the public address; empty for the public address.</summary>
    public string InternalIssuer { get; init; } = "";

    /// <summary>The <c>aud</c> of the tokens of users.</summary>
    public string Audience { get; init; } = "portico";

    /// <summary>The <c>aud</c> of the tokens that Portico issues to itself for this service alone.</summary>
    public string ServiceAudience { get; init; } = "orders";

    /// <summary>The allowed clock difference of two machines.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:02:00")]
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    public IEnumerable<string> Problems()
    {
        if (!IsAddress(Issuer))
            yield return $"Tokens:Issuer must be the public address of Portico, such as https://api.example.com; it is '{Issuer}'.";
        if (InternalIssuer.Length > 0 && !IsAddress(InternalIssuer))
            yield return $"Tokens:InternalIssuer must be an address such as http://server:5080, or empty; it is '{InternalIssuer}'.";
        if (Audience.Length == 0)
            yield return "Tokens:Audience is missing: the aud of the tokens of users.";
        if (ServiceAudience.Length == 0)
            yield return "Tokens:ServiceAudience is missing: the aud of the tokens that Portico issues to itself.";
    }

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && !text.EndsWith('/')
        && uri.Query.Length == 0 && uri.Fragment.Length == 0;
}
