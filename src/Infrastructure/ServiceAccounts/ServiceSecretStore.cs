using System.Net;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.ServiceAccounts;
using Portico.Domain.Common;
using Portico.Domain.ServiceAccounts;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Sessions;

namespace Portico.Infrastructure.ServiceAccounts;

/// <summary>The use of secrets in PostgreSQL; tries and ended tokens in Redis.</summary>
internal sealed class ServiceSecretStore(AppDbContext db, ClientRateLimit limit, RevokedSessions revoked, TimeProvider clock)
    : IServiceSecrets
{
    private const string LimitName = "service-token";
    private const int MaxFailures = 20;

    // An advisory lock that nothing else uses.
    private const long AccountsLock = 0x706F_7274_7361_6363;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan UseInterval = TimeSpan.FromMinutes(1);

    public Task LockAccounts(CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({AccountsLock})", cancellationToken);

    public async Task<Error?> Refuse(IPAddress? client, CancellationToken cancellationToken) =>
        await limit.Check(LimitName, client, MaxFailures, Window, cancellationToken) is { } wait ? UserErrors.TooManyAttempts(wait) : null;

    public Task Failed(IPAddress? client, CancellationToken cancellationToken) =>
        limit.Spend(LimitName, client, MaxFailures, Window, cancellationToken);

    public async Task Succeeded(Guid secretId, DateTimeOffset? lastUsedAt, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var before = now - UseInterval;
        if (lastUsedAt > before)
            return;
        // Of many at the same time one writes.
        await db.Set<ServiceSecret>()
            .Where(s => s.Id == secretId && (s.LastUsedAt == null || s.LastUsedAt <= before))
            .ExecuteUpdateAsync(secret => secret.SetProperty(s => s.LastUsedAt, now), cancellationToken);
    }

    public async Task EndTokens(IEnumerable<Guid> secretIds, CancellationToken cancellationToken)
    {
        foreach (var secret in secretIds)
        {
            try
            {
                await revoked.Add(secret, _ => Task.CompletedTask, cancellationToken);
            }
            catch (DependencyUnavailableException)
            {
                // It is written when Redis is back.
            }
        }
    }
}
