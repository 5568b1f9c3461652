using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Service.Auth.V3;
using Envoy.Type.V3;
using Grpc.Core;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Portico.WebApi.Aggregation;
using Portico.WebApi.Cookies;
using Portico.WebApi.Http;

namespace Portico.WebApi.Rpc;

/// <summary>The external authorization of Envoy (ext_authz, version 3): what <c>auth/verify</c> says about a request.</summary>
/// <remarks>
/// The caller gets in only with a 200 of <c>auth/verify</c>. Header fields that look like Portico's never come from the client: the four
/// are replaced, every other spelling is removed, and so are the token and the cookie of Portico.
/// </remarks>
internal sealed class EnvoyAuthorization(VerifyRequests verify, SessionCookie cookie) : Authorization.AuthorizationBase
{
    private const string Prefix = "x-portico";

    private static readonly string[] Identity = ["x-portico-user", "x-portico-session", "x-portico-roles", "x-portico-permissions"];
    private static readonly string[] Denial =
        [HeaderNames.ContentType, HeaderNames.WWWAuthenticate, HeaderNames.RetryAfter, HeaderNames.CacheControl];

    [NoRateLimit]
    public override async Task<CheckResponse> Check(CheckRequest request, ServerCallContext context)
    {
        var attributes = request.Attributes ?? new AttributeContext();
        var client = HeadersOf(attributes.Request?.Http);
        using var answer = await verify.Ask(
            client, attributes.ContextExtensions, context.GetHttpContext(), context.CancellationToken);
        return answer.StatusCode == StatusCodes.Status200OK ? Allow(client, answer.Headers) : Deny(answer.StatusCode, answer);
    }

    private CheckResponse Allow(IHeaderDictionary client, IHeaderDictionary identity)
    {
        var ok = new OkHttpResponse();
        foreach (var name in Identity)
        {
            // Envoy drops a field without a value, and the client's own would stay.
            if (identity[name].ToString() is { Length: > 0 } value)
                ok.Headers.Add(Overwrite(name, value));
            else
                ok.HeadersToRemove.Add(name);
        }

        // Some servers read an underscore as a hyphen. Envoy removes after it has set, so the four are not among these.
        ok.HeadersToRemove.Add(client.Keys.Where(name =>
            name.Replace('_', '-').StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && !Identity.Contains(name, StringComparer.OrdinalIgnoreCase)));
        ok.HeadersToRemove.Add("authorization");
        if (client.Cookie.Count > 0)
        {
            if (cookie.RemoveFrom(string.Join("; ", client.Cookie.ToArray())) is { Length: > 0 } others)
                ok.Headers.Add(Overwrite("cookie", others));
            else
                ok.HeadersToRemove.Add("cookie");
        }

        return new CheckResponse { Status = new Google.Rpc.Status { Code = (int)Grpc.Core.StatusCode.OK }, OkResponse = ok };
    }

    private static CheckResponse Deny(int status, BatchResponse answer)
    {
        // Whatever is not a refusal of the caller means that Portico can't know.
        if (status < StatusCodes.Status400BadRequest)
            status = StatusCodes.Status503ServiceUnavailable;
        return new CheckResponse
        {
            Status = new Google.Rpc.Status { Code = (int)RpcErrors.CodeOf(status) },
            DeniedResponse = new DeniedHttpResponse
            {
                Status = new HttpStatus { Code = status },
                Body = Encoding.UTF8.GetString(answer.Written.Span),
                Headers =
                {
                    from name in Denial
                    let value = answer.Headers[name].ToString()
                    where value.Length > 0
                    select Overwrite(name, value)
                },
            },
        };
    }

    private static HeaderValueOption Overwrite(string name, string value) => new()
    {
        Header = new HeaderValue { Key = name, Value = value },
        AppendAction = HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd,
    };

    private static HeaderDictionary HeadersOf(AttributeContext.Types.HttpRequest? request)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in request?.Headers ?? [])
            headers[name] = value;
        foreach (var header in request?.HeaderMap?.Headers ?? [])
        {
            headers[header.Key] = StringValues.Concat(
                headers[header.Key], header.RawValue.IsEmpty ? header.Value : Encoding.UTF8.GetString(header.RawValue.Span));
        }

        return headers;
    }
}
