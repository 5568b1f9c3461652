using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Portico.Application.Batch;
using Portico.Application.Common.Messaging;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Aggregation;

/// <summary>Sends the requests of a batch through the middleware and the endpoints of this process, one context for each.</summary>
/// <remarks>
/// Each request is authenticated, counted and answered like one from the network. Only actions that send a query can be reached, so
/// nothing changes and a batch can't hold a batch. An answer has at most 256 KiB. Thread-safe.
/// </remarks>
internal sealed class BatchPipeline(IHttpContextAccessor accessor, IServiceScopeFactory scopes) : IBatchPipeline
{
    private RequestDelegate? _entry;

    /// <summary>The pipeline of a request, from where its client is known.</summary>
    public RequestDelegate Entry => _entry ?? throw new InvalidOperationException("The pipeline was not built.");

    /// <summary>Remembers the pipeline from here on as what requests of a batch go through.</summary>
    public RequestDelegate Enter(RequestDelegate next)
    {
        _entry = next;
        return next;
    }

    public Func<BatchRequest, CancellationToken, Task<BatchAnswer>> Open()
    {
        var batch = accessor.HttpContext ?? throw new InvalidOperationException("There is no request.");
        var common = new Common(
            Entry, batch.Request.Scheme, batch.Request.Host, batch.Connection.RemoteIpAddress, batch.Connection.RemotePort,
            batch.Request.Headers.Authorization, batch.Request.Headers.Cookie, batch.Request.Headers.UserAgent,
            batch.Request.Headers.AcceptLanguage, Activity.Current);
        return (request, cancellationToken) =>
        {
            // The accessor would otherwise lose the context of the batch.
            using var nothing = ExecutionContext.SuppressFlow();
            return Task.Run(() => Answer(common, request, cancellationToken), cancellationToken);
        };
    }

    private async Task<BatchAnswer> Answer(Common common, BatchRequest request, CancellationToken cancellationToken)
    {
        Activity.Current = common.Activity;
        using var answer = new BatchResponse();
        await using var scope = scopes.CreateAsyncScope();
        var context = Context(common, request, answer, scope.ServiceProvider, cancellationToken);
        accessor.HttpContext = context;
        try
        {
            await common.Entry(context);
            await answer.CompleteAsync();
        }
        catch (BatchAnswerTooLargeException)
        {
            // The body had begun, so the pipeline could not answer this itself.
            return await Refuse(context, answer, HttpError.Of(BatchErrors.AnswerTooLarge));
        }
        finally
        {
            accessor.HttpContext = null;
        }

        return answer.IsTooLarge
            ? await Refuse(context, answer, HttpError.Of(BatchErrors.AnswerTooLarge))
            : new BatchAnswer(answer.StatusCode, Headers(answer), Body(answer));
    }

    private static async Task<BatchAnswer> Refuse(HttpContext context, BatchResponse answer, HttpError error)
    {
        answer.Reset();
        context.Response.ForgetSuccess();
        await context.Refuse(error);
        return new BatchAnswer(answer.StatusCode, Headers(answer), Body(answer));
    }

    /// <summary>An empty GET for the pipeline, whose answer is written into memory.</summary>
    public static DefaultHttpContext NewGet(BatchResponse answer, IServiceProvider services, CancellationToken cancellationToken)
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature());
        features.Set<IHttpResponseFeature>(answer);
        features.Set<IHttpResponseBodyFeature>(answer);
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = cancellationToken });
        var context = new DefaultHttpContext(features) { RequestServices = services };
        context.Request.Protocol = HttpProtocol.Http11;
        context.Request.Method = HttpMethods.Get;
        return context;
    }

    private static DefaultHttpContext Context(
        Common common, BatchRequest request, BatchResponse answer, IServiceProvider services, CancellationToken cancellationToken)
    {
        var context = NewGet(answer, services, cancellationToken);
        context.Features.Set(new InBatch());
        var query = request.Path.IndexOf('?', StringComparison.Ordinal);
        context.Request.Scheme = common.Scheme;
        context.Request.Host = common.Host;
        context.Request.Path = query < 0 ? request.Path : request.Path[..query];
        context.Request.QueryString = query < 0 ? QueryString.Empty : new QueryString(request.Path[query..]);
        context.Connection.RemoteIpAddress = common.Address;
        context.Connection.RemotePort = common.Port;
        var headers = context.Request.Headers;
        headers.Authorization = common.Authorization;
        headers.Cookie = common.Cookie;
        headers.UserAgent = common.UserAgent;
        headers.AcceptLanguage = common.AcceptLanguage;
        foreach (var (name, value) in request.Headers)
            headers[name] = value;
        return context;
    }

    private static Dictionary<string, string> Headers(BatchResponse answer) =>
        answer.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    private static JsonElement? Body(BatchResponse answer)
    {
        if (answer.Written.IsEmpty)
            return null;

        var isJson = MediaTypeHeaderValue.TryParse(answer.Headers.ContentType.ToString(), out var type)
            && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));
        return isJson
            ? JsonElement.Parse(answer.Written.Span)
            : JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(answer.Written.Span));
    }

    private sealed record Common(
        RequestDelegate Entry, string Scheme, HostString Host, System.Net.IPAddress? Address, int Port, StringValues Authorization,
        StringValues Cookie, StringValues UserAgent, StringValues AcceptLanguage, Activity? Activity);
}

/// <summary>Marks a request of a batch.</summary>
internal sealed record InBatch;

/// <summary>Refuses a request of a batch unless its action sends a query.</summary>
internal sealed class BatchGate(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        // The endpoints that answer 404 and 405, also for an unknown version, have no metadata.
        var isRefused = context.Features.Get<InBatch>() is not null
            && context.GetEndpoint() is { Metadata.Count: > 0 } endpoint && !SendsQuery(endpoint);
        return isRefused ? context.Refuse(HttpError.Of(BatchErrors.NotInBatch)) : next(context);
    }

    private static bool SendsQuery(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<UseCaseAttribute>() is { UseCase: var declared } ? IsQuery(declared)
        : endpoint.Metadata.GetMetadata<ControllerActionDescriptor>() is { } action
            && action.Parameters.Any(parameter => IsQuery(parameter.ParameterType));

    private static bool IsQuery(Type type) =>
        type.GetInterfaces().Any(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IQuery<>));
}
