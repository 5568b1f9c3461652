using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Primitives;
using Portico.Infrastructure.Aggregation;
using Portico.WebApi.Http;

namespace Portico.WebApi.Aggregation;

/// <summary>Runs work as the caller of the current request, with a request context of its own.</summary>
/// <remarks>
/// The context of the real request ends with it and is used again by the server. The context of the work holds copies of what says who
/// the caller is: claims, token, address, languages.
/// </remarks>
internal sealed class HttpCallerWork(IHttpContextAccessor accessor, IServiceScopeFactory scopes) : ICallerWork, ICallerToken
{
    public string? Authorization => accessor.HttpContext?.Features.Get<AuthenticatedCaller>() is { } caller
        ? $"{BearerAuthentication.SchemeName} {caller.AccessToken}"
        : null;

    public ICallerSnapshot Capture()
    {
        var context = accessor.HttpContext ?? throw new InvalidOperationException("There is no request.");
        var caller = context.Features.Get<AuthenticatedCaller>() ?? throw new InvalidOperationException("Nobody is signed in.");
        var locale = new HttpRequestClient(accessor).Locale;
        return new Snapshot(accessor, scopes, context, caller, new CallerKey(caller.Claims.Subject, caller.Claims.Epoch, locale));
    }

    private sealed class Snapshot(
        IHttpContextAccessor accessor, IServiceScopeFactory scopes, HttpContext request, AuthenticatedCaller caller, CallerKey key)
        : ICallerSnapshot
    {
        private readonly IPAddress? _address = request.Connection.RemoteIpAddress;
        private readonly StringValues _userAgent = request.Request.Headers.UserAgent;
        private readonly string _requestId = request.TraceIdentifier;
        private readonly Activity? _activity = Activity.Current;

        public CallerKey Key => key;

        public Task<T> Run<T>(Func<IServiceProvider, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
        {
            // The accessor of the request, its logging scopes and so on must not reach work that outlives it.
            using var nothing = ExecutionContext.SuppressFlow();
            return RunAlone(work, cancellationToken);
        }

        private async Task<T> RunAlone<T>(
            Func<IServiceProvider, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
        {
            // The rest runs on another thread, in an execution context of its own.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await using var scope = scopes.CreateAsyncScope();
            var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, TraceIdentifier = _requestId };
            context.Features.Set(caller);
            context.Connection.RemoteIpAddress = _address;
            context.Request.Method = HttpMethods.Get;
            context.Request.Headers.UserAgent = _userAgent;
            context.Request.Headers.AcceptLanguage = key.Locale;
            context.RequestAborted = cancellationToken;
            accessor.HttpContext = context;
            CurrentRequestId.Value = _requestId;
            if (_activity is { IsStopped: false })
                Activity.Current = _activity;
            try
            {
                return await work(scope.ServiceProvider, cancellationToken);
            }
            finally
            {
                accessor.HttpContext = null;
            }
        }
    }
}
