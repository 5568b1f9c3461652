using System.Diagnostics;
using MediatR;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Opens a span for each use case and sets the error code as its status.</summary>
internal sealed class TracingBehaviour<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IResult<TResponse>
{
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        Telemetry.Source.StartActivity(typeof(TRequest).Name) is { } activity ? Trace(activity, next) : next();

    private static async Task<TResponse> Trace(Activity activity, RequestHandlerDelegate<TResponse> next)
    {
        using (activity)
        {
            var response = await next();
            if (response.Error is { } error && error != StoredAnswer.SentAgain)
                activity.SetStatus(ActivityStatusCode.Error, error.Code);
            return response;
        }
    }
}

/// <summary>The source of spans that the application opens.</summary>
public static class Telemetry
{
    public const string SourceName = "Portico.Application";

    internal static readonly ActivitySource Source = new(SourceName);
}
