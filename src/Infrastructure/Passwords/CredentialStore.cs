using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Passwords;

/// <summary>The credentials in PostgreSQL.</summary>
internal sealed class CredentialStore(IServiceProvider services, AppDbContext db) : ICredentials
{
    // The query always returns a row: for an unknown address it returns the first user, which is then ignored. Reading a user takes
    // 0.05 ms; without this row a few hundred tries could reveal by the time that an address is unknown.
    private static readonly Func<AppDbContext, string, CancellationToken, Task<Found?>> ByEmail = EF.CompileAsyncQuery(
        (AppDbContext db, string email, CancellationToken _) =>
            db.Users.AsNoTracking().Where(u => u.Email == email).Concat(db.Users.AsNoTracking().OrderBy(u => u.Id).Take(1))
                .OrderByDescending(u => u.Email == email)
                .Select(u => new Found(
                    u, db.Set<Credential>().Where(c => c.Id == u.Id).Select(c => c.PasswordHash).SingleOrDefault(), u.Email == email))
                .FirstOrDefault());

    private static readonly Func<AppDbContext, string, CancellationToken, Task<Found?>> ByPhone = EF.CompileAsyncQuery(
        (AppDbContext db, string phone, CancellationToken _) =>
            db.Users.AsNoTracking().Where(u => u.Phone == phone).Concat(db.Users.AsNoTracking().OrderBy(u => u.Id).Take(1))
                .OrderByDescending(u => u.Phone == phone)
                .Select(u => new Found(
                    u, db.Set<Credential>().Where(c => c.Id == u.Id).Select(c => c.PasswordHash).SingleOrDefault(), u.Phone == phone))
                .FirstOrDefault());

    // Resolved only for changes: it needs a dozen services, and sign-in needs none of them.
    private UserManager<Credential> Manager => services.GetRequiredService<UserManager<Credential>>();

    public async Task Add(Guid userId, string? passwordHash, CancellationToken cancellationToken) =>
        Expect(await Manager.CreateAsync(new Credential { Id = userId, UserName = userId.ToString(), PasswordHash = passwordHash }));

    public async Task SetPasswordHash(Guid userId, string passwordHash, CancellationToken cancellationToken)
    {
        var credential = await db.Set<Credential>().SingleAsync(c => c.Id == userId, cancellationToken);
        credential.PasswordHash = passwordHash;
        Expect(await Manager.UpdateSecurityStampAsync(credential));
    }

    // One conditional statement, so that a concurrent password change is not overwritten.
    public Task Rehash(Guid userId, string passwordHash, string newPasswordHash, CancellationToken cancellationToken) =>
        db.Set<Credential>().Where(c => c.Id == userId && c.PasswordHash == passwordHash)
            .ExecuteUpdateAsync(update => update.SetProperty(c => c.PasswordHash, newPasswordHash), cancellationToken);

    public async Task<(User? User, string? PasswordHash)> Find(ContactAddress address, CancellationToken cancellationToken)
    {
        var found = await (address.Kind == ContactKind.Email ? ByEmail : ByPhone)(db, address.Value, cancellationToken);
        return found is { IsTheirs: true } ? (found.User, found.PasswordHash) : (null, null);
    }

    public Task<string?> FindPasswordHash(Guid userId, CancellationToken cancellationToken) =>
        db.Set<Credential>().Where(c => c.Id == userId).Select(c => c.PasswordHash).SingleOrDefaultAsync(cancellationToken);

    private static void Expect(IdentityResult result)
    {
        // A concurrency conflict, after which the transaction runs again.
        if (result.Errors.Any(error => error.Code == nameof(IdentityErrorDescriber.ConcurrencyFailure)))
            throw new DbUpdateConcurrencyException("The credentials were changed by another request at the same time.");
        if (!result.Succeeded)
            throw new InvalidOperationException(
                $"Identity rejected a change of credentials: {string.Join(", ", result.Errors.Select(error => error.Code))}.");
    }

    private sealed record Found(User User, string? PasswordHash, bool IsTheirs);
}
