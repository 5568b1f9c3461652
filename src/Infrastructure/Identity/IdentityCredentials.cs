using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Infrastructure.Persistence;

namespace Portico.Infrastructure.Identity;

internal sealed class IdentityCredentials(UserManager<Credential> manager, AppDbContext db) : ICredentials
{
    public async Task Add(Guid userId, string? passwordHash, CancellationToken cancellationToken) =>
        Expect(await manager.CreateAsync(new Credential { Id = userId, UserName = userId.ToString(), PasswordHash = passwordHash }));

    public async Task SetPasswordHash(Guid userId, string passwordHash, CancellationToken cancellationToken)
    {
        var credential = await db.Credentials.SingleAsync(c => c.Id == userId, cancellationToken);
        credential.PasswordHash = passwordHash;
        Expect(await manager.UpdateSecurityStampAsync(credential));
    }

    // One statement with its condition: a password that is changed at the same time stays changed.
    public Task Rehash(Guid userId, string passwordHash, string newPasswordHash, CancellationToken cancellationToken) =>
        db.Credentials.Where(c => c.Id == userId && c.PasswordHash == passwordHash)
            .ExecuteUpdateAsync(update => update.SetProperty(c => c.PasswordHash, newPasswordHash), cancellationToken);

    public Task<string?> FindPasswordHash(Guid userId, CancellationToken cancellationToken) =>
        db.Credentials.Where(c => c.Id == userId).Select(c => c.PasswordHash).SingleOrDefaultAsync(cancellationToken);

    private static void Expect(IdentityResult result)
    {
        // The same race as any other, which the transaction runs again.
        if (result.Errors.Any(error => error.Code == nameof(IdentityErrorDescriber.ConcurrencyFailure)))
            throw new DbUpdateConcurrencyException("Somebody else changed the credentials at the same time.");
        if (!result.Succeeded)
            throw new InvalidOperationException($"Identity refused a change of credentials: {string.Join(", ", result.Errors.Select(error => error.Code))}.");
    }
}
