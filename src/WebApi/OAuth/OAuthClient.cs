using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using OpenIddict.Abstractions;
using OpenIddict.Client;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.Configuration;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Client.OpenIddictClientEvents;

namespace Portico.WebApi.OAuth;

/// <summary>Sends a browser to a provider and reads what it brings back; OpenIddict does both.</summary>
/// <remarks>
/// OpenIddict's events are raised here, for the routes of sign-in only, instead of by its authentication scheme, which would look at every
/// request of the API.
/// </remarks>
internal sealed partial class OAuthClient(
    IOpenIddictClientFactory factory, IOpenIddictClientDispatcher dispatcher, ConfiguredProviders providers, ILogger<OAuthClient> log)
{
    // Of OpenIddict: the network failed, the answer has an error status, the endpoints could not be read.
    private static readonly string[] Outages = ["ID2136", "ID2161", "ID2170"];

    /// <summary>Redirects the browser to the provider, and gives it the cookie of the flow.</summary>
    /// <returns><see cref="OAuthFailure.None"/> after the redirect, or why there is none.</returns>
    public async Task<OAuthFailure> ChallengeAsync(HttpContext context, OAuthFlow flow)
    {
        var challenge = new ProcessChallengeContext(await BeginAsync(context))
        {
            CancellationToken = context.RequestAborted,
            Principal = new ClaimsPrincipal(new ClaimsIdentity()),
            ProviderName = flow.Provider,
            Request = new OpenIddictRequest(),
            Properties = { [UseStateOnce.FlowProperty] = JsonSerializer.Serialize(flow) },
        };
        await dispatcher.DispatchAsync(challenge);
        return challenge.IsRejected ? Explain(flow, challenge) : OAuthFailure.None;
    }

    /// <summary>Reads who the person is.</summary>
    /// <returns>
    /// The flow with the identity or the failure; or 404 for an unknown provider, or 400 <c>invalid_state</c> if the state is not one of
    /// this browser, or was used before.
    /// </returns>
    public async Task<Result<CompleteOAuth>> ReadAsync(HttpContext context, string provider)
    {
        if (!providers.All.Any(known => known.Name == provider))
            return OAuthErrors.ProviderNotFound;

        // A proxy may have changed them; the redirect URI begins with the public URL.
        context.Request.Scheme = providers.PublicUrl.Scheme;
        context.Request.Host = HostString.FromUriComponent(providers.PublicUrl);
        var transaction = await BeginAsync(context);
        try
        {
            await dispatcher.DispatchAsync(new ProcessRequestContext(transaction) { CancellationToken = context.RequestAborted });
        }
        catch (InvalidOperationException malformed) when (FlowOf(transaction) is { } begun)
        {
            // OpenIddict throws for some answers that lack what it needs.
            LogMalformed(malformed, begun.Provider);
            return new CompleteOAuth { Flow = begun, Failure = OAuthFailure.SignInFailed };
        }

        var answer = transaction.GetProperty<ProcessAuthenticationContext>(typeof(ProcessAuthenticationContext).FullName!);
        if (answer is null || FlowOf(transaction) is not { } flow)
            return OAuthErrors.InvalidState;
        if (answer.IsRejected)
            return new CompleteOAuth { Flow = flow, Failure = Explain(flow, answer) };

        var identity = answer.MergedPrincipal is { } principal ? providers.Find(flow.Provider)?.Read(principal) : null;
        return identity is null
            ? new CompleteOAuth { Flow = flow, Failure = OAuthFailure.SignInFailed }
            : new CompleteOAuth { Flow = flow, Identity = identity };
    }

    private async Task<OpenIddictClientTransaction> BeginAsync(HttpContext context)
    {
        var transaction = await factory.CreateTransactionAsync();
        transaction.SetProperty(typeof(HttpRequest).FullName!, new WeakReference<HttpRequest>(context.Request));
        return transaction;
    }

    private static OAuthFlow? FlowOf(OpenIddictClientTransaction transaction) =>
        transaction.GetProperty<OAuthFlow>(typeof(OAuthFlow).FullName!);

    private OAuthFailure Explain(OAuthFlow flow, BaseValidatingContext refused)
    {
        LogFailure(flow.Provider, refused.Error, refused.ErrorDescription);
        return refused.Error switch
        {
            Errors.AccessDenied => OAuthFailure.AccessDenied,
            Errors.TemporarilyUnavailable => OAuthFailure.ProviderUnavailable,
            Errors.ServerError when Array.Exists(Outages, id => refused.ErrorUri?.EndsWith(id, StringComparison.Ordinal) == true) =>
                OAuthFailure.ProviderUnavailable,
            _ => OAuthFailure.SignInFailed,
        };
    }

    [LoggerMessage(1, LogLevel.Warning, "The sign-in with {Provider} failed: {Error}, {Description}")]
    private partial void LogFailure(string provider, string? error, string? description);

    [LoggerMessage(2, LogLevel.Warning, "The answer of {Provider} is not valid.")]
    private partial void LogMalformed(Exception failure, string provider);
}

/// <summary>Gives controllers what the browser sends for a flow.</summary>
internal static class OAuthRequests
{
    /// <summary>Reads who the person is, from the request with which a provider sends the browser back.</summary>
    public static Task<Result<CompleteOAuth>> ReadOAuth(this HttpContext context, string provider) =>
        context.RequestServices.GetRequiredService<OAuthClient>().ReadAsync(context, provider);

    /// <summary>The secret that the browser got with a code.</summary>
    public static string? FindOAuthKey(this HttpContext context, string? code) =>
        code is null ? null : context.RequestServices.GetRequiredService<OAuthCookies>().Find(context, code);
}

/// <summary>The result of an action that sends the browser to a provider; or back, if the provider can't be reached.</summary>
internal sealed class OAuthChallengeResult(OAuthFlow flow) : ActionResult
{
    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var services = context.HttpContext.RequestServices;
        var failure = await services.GetRequiredService<OAuthClient>().ChallengeAsync(context.HttpContext, flow);
        if (failure == OAuthFailure.None)
            return;

        var sender = services.GetRequiredService<ISender>();
        var back = await sender.Send(new CompleteOAuth { Flow = flow, Failure = failure }, context.HttpContext.RequestAborted);
        context.HttpContext.Response.Redirect(back.Value.Url.ToAscii().AbsoluteUri);
    }
}

/// <summary>The result of an action that sends the browser to the frontend.</summary>
internal sealed class OAuthReturnResult(OAuthReturn back) : ActionResult
{
    public override void ExecuteResult(ActionContext context)
    {
        if (back is { Code: { } code, BrowserKey: { } key })
            context.HttpContext.RequestServices.GetRequiredService<OAuthCookies>().Add(context.HttpContext, code, key);
        context.HttpContext.Response.Redirect(back.Url.ToAscii().AbsoluteUri);
    }
}
