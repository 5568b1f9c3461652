using Microsoft.Net.Http.Headers;
using Portico.WebApi.Aggregation;
using Portico.WebApi.Cookies;
using Portico.WebApi.Http;

namespace Portico.WebApi.Rpc;

/// <summary>Asks <c>auth/verify</c> in this process about the request of a client, which a proxy describes.</summary>
/// <remarks>
/// The question goes through the same pipeline as one from the network, so the rules for tokens, cookies and foreign pages are the same.
/// Only the header fields that say who the client is are in it. Thread-safe.
/// </remarks>
internal sealed class VerifyRequests(BatchPipeline pipeline, IHttpContextAccessor accessor, IServiceScopeFactory scopes)
{
    private const string Path = "/api/v1/auth/verify";

    private static readonly string[] Asked =
    [
        HeaderNames.Authorization, HeaderNames.Cookie, HeaderNames.Origin, CsrfGate.Header, CsrfGate.FetchSite,
        RequestTrace.RequestIdHeader,
    ];

    /// <param name="client">The header fields of the client's request.</param>
    /// <param name="question">The query, which the configuration of the proxy writes: a mistake in it is refused, as over HTTP.</param>
    /// <param name="call">The call of the proxy.</param>
    /// <param name="cancellationToken">Cancels the question.</param>
    public async Task<BatchResponse> Ask(
        IHeaderDictionary client, IEnumerable<KeyValuePair<string, string>> question, HttpContext call,
        CancellationToken cancellationToken)
    {
        var answer = new BatchResponse();
        await using var scope = scopes.CreateAsyncScope();
        var context = BatchPipeline.NewGet(answer, scope.ServiceProvider, cancellationToken);
        context.Request.Scheme = call.Request.Scheme;
        context.Request.Host = call.Request.Host;
        context.Request.Path = Path;
        context.Request.QueryString = QueryString.Create(question.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value)));
        context.Connection.RemoteIpAddress = call.Connection.RemoteIpAddress;
        foreach (var name in Asked)
        {
            if (client[name] is { Count: > 0 } value)
                context.Request.Headers[name] = value;
        }

        accessor.HttpContext = context;
        await pipeline.Entry(context);
        await answer.CompleteAsync();
        // A cancelled request has no answer.
        cancellationToken.ThrowIfCancellationRequested();
        return answer;
    }
}
