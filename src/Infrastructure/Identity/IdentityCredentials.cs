using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Infrastructure.Persistence;

namespace Portico.Infrastructure.Identity;

internal sealed class IdentityCredentials(UserManager<Credential> manager, AppDbContext db) : ICredentials
{
    public async Task Add(Guid userId, string passwordHash, CancellationToken cancellationToken)
    {
        var created = await manager.CreateAsync(new Credential { Id = userId, UserName = userId.ToString(), PasswordHash = passwordHash });
        if (!created.Succeeded)
            throw new InvalidOperationException($"Identity refused new credentials: {string.Join(", ", created.Errors.Select(error => error.Code))}.");
    }

    public Task<string?> FindPasswordHash(Guid userId, CancellationToken cancellationToken) =>
        db.Credentials.Where(c => c.Id == userId).Select(c => c.PasswordHash).SingleOrDefaultAsync(cancellationToken);
}
