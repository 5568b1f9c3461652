using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http.Features;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Aggregation;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Sessions;
using Portico.Infrastructure.SigningKeys;
using Portico.WebApi.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Portico.WebApi.Gateway;

/// <summary>Answers the requests to a service behind the gateway.</summary>
/// <remarks>
/// The request is authorised, counted and read before the service is called, so a slow client can't hold a connection of the service. A
/// request is sent once: a failure is never repeated. Thread-safe.
/// </remarks>
internal sealed partial class GatewayEndpoint(
    GatewaySettings settings, LimitSettings limits, TokenSettings tokens, IHttpForwarder forwarder, IServiceGuard guard,
    IDelegatedTokenIssuer issuer, IRequestRateLimiter limiter, IRateLimitReport limitReport, ICurrentUser user, ICallerToken callerToken,
    GatewayCache cache, GatewayMetrics metrics, IRevokedSessions revoked, ITokenVersions versions, TimeProvider clock,
    IHostApplicationLifetime lifetime, ILogger<GatewayEndpoint> logger)
{
    private static readonly TimeSpan LongestAnonymousStream = TimeSpan.FromHours(1);

    private readonly ForwarderRequestConfig _config = new() { ActivityTimeout = limits.RequestTimeout };
    private int _streams;

    public async Task Answer(HttpContext context, GatewayService service)
    {
        var started = clock.GetTimestamp();
        var outcome = GatewayOutcome.Failed;
        try
        {
            outcome = await Handle(context, service);
        }
        catch (BadHttpRequestException)
        {
            outcome = GatewayOutcome.Refused;
            throw;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            outcome = GatewayOutcome.Gone;
            throw;
        }
        finally
        {
            metrics.Answered(service.Name, outcome, clock.GetElapsedTime(started));
        }
    }

    private async Task<GatewayOutcome> Handle(HttpContext context, GatewayService service)
    {
        if (service.Refuse(user) is { } error)
            return await Refuse(context, HttpError.Of(error));
        if (!IsWithinLimit(context, service, out var wait))
            return await Refuse(context, HttpErrors.TooManyRequests with { RetryAfter = wait });
        context.Request.Path.StartsWithSegments(service.Prefix, StringComparison.OrdinalIgnoreCase, out var rest);
        if (!GatewayPath.IsUnambiguous(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, rest.Value ?? ""))
            return await Refuse(context, HttpErrors.BadRequest with { Detail = "The path can be read in more than one way." });

        var hasBody = await ReadBody(context);
        var key = cache.KeyOf(context, service, user.Claims, hasBody);
        var report = context.RequestServices.GetRequiredService<ICacheReport>();
        if (key is not null && await cache.TryAnswer(context, key, report))
            return GatewayOutcome.Hit;

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var isStream = false;
        var call = new GatewayCall(service, rest, TokenFor(service), tokens.Issuer, user.Claims, report)
        {
            Caching = key is null ? null : (cache, key),
            OpenStream = body =>
            {
                if (Interlocked.Increment(ref _streams) > settings.MaxStreams)
                {
                    Interlocked.Decrement(ref _streams);
                    return null;
                }

                isStream = true;
                // A stream ends with the access token at the latest; the client comes back with a new one.
                deadline.CancelAfter(StreamLifetime());
                return new EventStreamBody(context, body, user.Claims, revoked, versions);
            },
        };
        try
        {
            return await Forward(context, service, call, deadline);
        }
        catch (ServiceFailedException failure)
        {
            LogFailed(service.Name, failure.Answer?.Code, failure.InnerException?.GetType().Name, failure.InnerException?.Message);
            if (failure.Answer is { } answer && !context.Response.HasStarted)
                await Say(context, answer);
            return failure.Answer == HttpErrors.Timeout ? GatewayOutcome.Timeout : GatewayOutcome.Failed;
        }
        finally
        {
            if (isStream)
                Interlocked.Decrement(ref _streams);
        }
    }

    private TimeSpan StreamLifetime()
    {
        if (user.Claims is not { } caller)
            return LongestAnonymousStream;
        var left = caller.ExpiresAt - clock.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private bool IsWithinLimit(HttpContext context, GatewayService service, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        if (service.Route.RequestsPerMinute == 0)
            return true;

        var isAllowed = limiter.TrySpend(
            service.Name, user.Claims?.Subject, context.Connection.RemoteIpAddress, service.Route.RequestsPerMinute, out var use);
        limitReport.Report(use);
        wait = use.Reset;
        return isAllowed;
    }

    /// <summary>Reads the body into memory; <see cref="BodyLimit"/> bounds it.</summary>
    private static async Task<bool> ReadBody(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return false;

        var body = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        context.Request.Body = body;
        return body.Length > 0;
    }

    private string? TokenFor(GatewayService service) => service.Route.Identity switch
    {
        _ when user.Claims is null => null,
        GatewayIdentity.DelegatedToken => $"Bearer {issuer.Issue(user.Claims, service.Audience)}",
        GatewayIdentity.CallerToken => callerToken.Authorization,
        _ => null,
    };

    private async Task<GatewayOutcome> Forward(
        HttpContext context, GatewayService service, GatewayCall call, CancellationTokenSource deadline)
    {
        // Without them the forwarder would open a tunnel for a WebSocket.
        context.Features.Set<IHttpUpgradeFeature>(null);
        context.Features.Set<IHttpExtendedConnectFeature>(null);
        deadline.CancelAfter(service.Route.Timeout);
        var forward = Task.FromResult(ForwarderError.None);
        await guard.Run(
            service.Name,
            async _ =>
            {
                forward = forwarder.SendAsync(context, service.Destination, service.Client, _config, call, deadline.Token).AsTask();
                // An open stream takes no place in the bulkhead.
                await Task.WhenAny(forward, call.Streams);
                if (forward.IsCompleted)
                    Judge(await forward, context, call, deadline);
            },
            context.RequestAborted);
        // Otherwise open streams would take the whole time that this process has to stop. The client connects to another one.
        using (call.Streams.IsCompleted ? lifetime.ApplicationStopping.Register(deadline.Cancel) : default)
            await forward;

        if (call.Refusal is { } refusal)
        {
            await Say(context, refusal);
            return refusal.Status >= StatusCodes.Status500InternalServerError ? GatewayOutcome.Failed : GatewayOutcome.Rejected;
        }

        return context.Response.StatusCode switch
        {
            >= StatusCodes.Status500InternalServerError => GatewayOutcome.Failed,
            >= StatusCodes.Status400BadRequest => GatewayOutcome.Rejected,
            _ => GatewayOutcome.Ok,
        };
    }

    /// <summary>Throws what counts for the circuit breaker: only failures that a client can't cause.</summary>
    private static void Judge(ForwarderError error, HttpContext context, GatewayCall call, CancellationTokenSource deadline)
    {
        if (error == ForwarderError.None)
        {
            if (call.IsOutage)
                throw new ServiceFailedException(call.Refusal, null);
            return;
        }

        var cause = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        context.RequestAborted.ThrowIfCancellationRequested();
        if (error is ForwarderError.ResponseBodyClient or ForwarderError.RequestBodyClient)
            throw new OperationCanceledException("The client has disconnected.", cause);
        // The request was never sent, so something is wrong in Portico.
        if (error == ForwarderError.RequestCreation && cause is not null)
            ExceptionDispatchInfo.Throw(cause);
        throw new ServiceFailedException(
            deadline.IsCancellationRequested || cause is OperationCanceledException ? HttpErrors.Timeout : HttpErrors.DependencyUnavailable,
            cause);
    }

    private static async Task<GatewayOutcome> Refuse(HttpContext context, HttpError error)
    {
        await context.Refuse(error);
        return GatewayOutcome.Refused;
    }

    private static Task Say(HttpContext context, HttpError error)
    {
        context.Response.ForgetSuccess();
        return context.Refuse(error);
    }

    [LoggerMessage(1, LogLevel.Warning, "The service {Service} failed: {Code} {FailureType}: {Failure}")]
    private partial void LogFailed(string service, string? code, string? failureType, string? failure);

    /// <summary>The service failed. It is an I/O failure, which counts for the circuit breaker.</summary>
    private sealed class ServiceFailedException(HttpError? answer, Exception? cause) : IOException("The service failed.", cause)
    {
        /// <summary>What the client gets; null when it got the answer of the service.</summary>
        public HttpError? Answer => answer;
    }
}
