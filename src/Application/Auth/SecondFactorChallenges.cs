using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>A sign-in that waits for the second factor, and the methods that were offered.</summary>
internal sealed record PendingSignIn(Guid UserId, int SessionVersion, IReadOnlyList<ChallengeMethod> Methods);

/// <summary>The challenges of sign-ins that need a second factor; each is answered once.</summary>
internal sealed class SecondFactorChallenges(IOneTimeRecords records, IAppDbContext db, ICodes codes)
{
    /// <summary>Makes the challenge of a user who has proved the rest.</summary>
    public async Task<SignInChallengeDto> Open(User user, IReadOnlyList<ChallengeMethod> methods, CancellationToken cancellationToken)
    {
        var id = OneTimeToken.New();
        var pending = new PendingSignIn(user.Id, user.SessionVersion, methods);
        await records.Add(OneTimeRecordKind.SecondFactor, id, pending, codes.Lifetime, cancellationToken);
        return new SignInChallengeDto(id, methods, (int)codes.Lifetime.TotalSeconds);
    }

    /// <summary>Finds a challenge, and its user unless the password or the status has changed meanwhile.</summary>
    public async Task<(PendingSignIn? Pending, User? User)> Find(string challengeId, CancellationToken cancellationToken)
    {
        var pending = FieldRules.IsToken(challengeId)
            ? await records.Find<PendingSignIn>(OneTimeRecordKind.SecondFactor, challengeId, cancellationToken)
            : null;
        if (pending is null)
            return default;

        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(
            u => u.Id == pending.UserId && u.SessionVersion == pending.SessionVersion && u.Status == UserStatus.Active,
            cancellationToken);
        return (pending, user);
    }

    /// <summary>Uses a challenge.</summary>
    /// <returns>Whether this is its first use.</returns>
    public async Task<bool> TryUse(string challengeId, CancellationToken cancellationToken) =>
        await records.Take<PendingSignIn>(OneTimeRecordKind.SecondFactor, challengeId, cancellationToken) is not null;
}
