namespace Portico.WebApi.Http;

/// <summary>The error codes of the OAuth 2.0 token endpoint (RFC 6749, 5.2), which its errors have beside the code of Portico.</summary>
internal static class TokenErrors
{
    /// <summary>What a client with a wrong secret is asked for: it may send the secret in an Authorization header.</summary>
    public const string Challenge = "Basic realm=\"portico\", charset=\"UTF-8\"";

    private const string GrantType = "grant_type";

    public static bool AreFor(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<TokenEndpointAttribute>() is not null;

    /// <summary>The code of an error; null for what the RFC has no code for, such as an outage.</summary>
    public static string? Of(HttpError error) => error switch
    {
        { Status: StatusCodes.Status401Unauthorized } => "invalid_client",
        { Code: "invalid_scope" } => error.Code,
        { Fields: { Count: 1 } fields } when fields.ContainsKey(GrantType) => "unsupported_grant_type",
        { Status: StatusCodes.Status400BadRequest } => "invalid_request",
        _ => null,
    };
}

/// <summary>Marks the endpoint that issues tokens to OAuth 2.0 clients.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TokenEndpointAttribute : Attribute;
