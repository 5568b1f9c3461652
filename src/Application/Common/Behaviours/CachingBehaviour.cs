using System.Reflection;
using System.Text.Json;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Answers a cached query from the cache, after authorisation.</summary>
internal sealed class CachingBehaviour<TRequest, TResponse>(IQueryCache cache, ICacheReport report, IServiceScopeFactory scopes)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>, IQuery
    where TResponse : IResult<TResponse>
{
    private static readonly CachedAttribute? Cached = typeof(TRequest).GetCustomAttribute<CachedAttribute>();
    private static readonly string[] Tags =
        [.. typeof(TRequest).GetCustomAttributes<DependsOnAttribute>().Select(dependency => dependency.Tag)];

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        Cached is null ? next() : Get(request, Cached.Lifetime, cancellationToken);

    private async Task<TResponse> Get(TRequest request, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var query = new CachedQuery(typeof(TRequest).Name, JsonSerializer.Serialize(request), lifetime, Tags);
        var (answer, use) = await cache.Get(query, token => Make(request, token), cancellationToken);
        if (answer.Error is null)
            report.Report(use);
        return answer;
    }

    // In its own scope: the work may outlive the request that asked first, and it must not use the caller.
    private async Task<TResponse> Make(TRequest request, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IRequestHandler<TRequest, TResponse>>().Handle(request, cancellationToken);
    }
}
