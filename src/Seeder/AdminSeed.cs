using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;

namespace Portico.Seeder;

/// <summary>Creates an administrator without a password; the administrator sets it with a code.</summary>
internal sealed class AdminSeed(
    AppDbContext db, ITransaction transaction, IAuditLog audit, ICredentials credentials, ICodes codes, IClient client,
    RedisConnection redis, TimeProvider clock)
{
    public async Task Run(string email, TextWriter output, CancellationToken cancellationToken)
    {
        var address = Parse(email);
        var changes = 0;
        var made = (await transaction.Run<Result<User>>(
            async token =>
            {
                var user = await db.Users.FindByAddress(address, token);
                changes = user?.Role == Role.Admin ? 0 : 1;
                if (user is null)
                {
                    user = User.Register(address, "Administrator", "en", clock.GetUtcNow());
                    db.Users.Add(user);
                    await credentials.Add(user.Id, passwordHash: null, token);
                }

                Assign(user, Role.Admin);
                return user;
            },
            cancellationToken)).ValueOrThrow();

        await output.WriteLineAsync($"admin: {changes} changes");
        if (await credentials.FindPasswordHash(made.Id, cancellationToken) is not null)
            return;

        await redis.StartAsync(cancellationToken);
        var code = await codes.Issue(address, CodeScope.PasswordReset, client, cancellationToken);
        if (code.Error is { } tooMany)
            throw new SeederException($"{tooMany.Message} ({Math.Ceiling(tooMany.RetryAfter.GetValueOrDefault().TotalSeconds):0} s)");

        await output.WriteLineAsync(
            $$"""

            No password is set yet. Set one within {{codes.Lifetime.TotalMinutes:0}} minutes, with this code that works once:

              curl -X POST "$API/api/v1/auth/confirm-reset-password" -H 'Content-Type: application/json' \
                -d '{"email":"{{address.Value}}","code":"{{code.Value.Code}}","requestId":"{{code.Value.RequestId}}","newPassword":"…"}'

            Too late? Run this command again for another code.
            """);
    }

    /// <summary>Gives an administrator the role user, which no other administrator can do.</summary>
    public async Task Dismiss(string email, TextWriter output, CancellationToken cancellationToken)
    {
        var address = Parse(email);
        var dismissed = (await transaction.Run<Result<int>>(
            async token =>
            {
                var user = await db.Users.FindByAddress(address, token);
                if (user is null)
                    return UserErrors.NotFound;

                var changes = user.Role == Role.Admin ? 1 : 0;
                if (changes > 0)
                    Assign(user, Role.User);
                return changes;
            },
            cancellationToken)).ValueOrThrow();
        await output.WriteLineAsync($"admin: {dismissed} changes");
    }

    private void Assign(User user, Role role)
    {
        if (user.Role == role)
            return;

        audit.Add(new AuditNote(AuditActions.UserRoleChanged, AuditSubject.User(user.Id)).Changed("role", user.Role, role));
        user.AssignRole(role);
    }

    private static ContactAddress Parse(string email) => ContactAddress.TryParseEmail(email, out var address)
        ? address
        : throw new SeederException($"--email must be an e-mail address; it is {email}.");
}
