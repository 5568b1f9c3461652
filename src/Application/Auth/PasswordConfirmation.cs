using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>The caller, who has just confirmed the password, and the hash that it matched; no hash if the user has no password.</summary>
internal sealed record ConfirmedUser(User User, string? PasswordHash);

/// <summary>Checks the caller's password again before a change that a thief with a stolen session must not make.</summary>
/// <remarks>
/// A user without a password, who signs in with a provider, leaves it out: then the session must be fresh. The order: <see cref="Find"/>,
/// the checks of the use case, <see cref="Confirm"/>, then <see cref="Change"/>.
/// </remarks>
internal sealed class PasswordConfirmation(
    ICurrentUser caller, ISignInThrottle throttle, IAppDbContext db, ITransaction transaction, ICredentials credentials,
    IPasswordHashing passwords, ISessions sessions, IClient client)
{
    /// <summary>Reads the caller's own record, without tracking changes.</summary>
    public async Task<Result<User>> Find(CancellationToken cancellationToken) =>
        await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is { } user
            ? user
            : UserErrors.NotFound;

    /// <summary>Checks the password.</summary>
    /// <returns>
    /// The confirmed user, or 401 <c>invalid_credentials</c>, or 429 <c>too_many_attempts</c>, or 403 <c>session_not_fresh</c>.
    /// </returns>
    public async Task<Result<ConfirmedUser>> Confirm(User user, string? password, CancellationToken cancellationToken)
    {
        if (password is null)
            return await ConfirmWithoutPassword(user, cancellationToken);

        // A caller with an access token can't guess passwords faster than a caller who signs in with the address.
        if (user.Addresses.FirstOrDefault() is not { } address)
            return UserErrors.InvalidCredentials;
        var attempt = await throttle.BeginConfirmation(address, client.IpAddress, cancellationToken);
        if (attempt.Error is { } tooMany)
            return tooMany;

        var hash = await credentials.FindPasswordHash(user.Id, cancellationToken);
        var match = await passwords.Verify(hash, password, cancellationToken);
        if (user.Status != UserStatus.Active || match == PasswordMatch.None)
            return UserErrors.InvalidCredentials;

        await throttle.Confirmed(address, client.IpAddress, cancellationToken);
        return new ConfirmedUser(user, hash!);
    }

    private async Task<Result<ConfirmedUser>> ConfirmWithoutPassword(User user, CancellationToken cancellationToken)
    {
        if (await credentials.FindPasswordHash(user.Id, cancellationToken) is not null)
            return CommonErrors.Validation("password", "Your password is needed.");
        if (user.Status != UserStatus.Active)
            return UserErrors.InvalidCredentials;
        return await sessions.IsFresh(user.Id, caller.SessionId, cancellationToken)
            || await sessions.HasFreshSecondFactor(user.Id, caller.SessionId, cancellationToken)
            ? new ConfirmedUser(user, PasswordHash: null)
            : OAuthErrors.SessionNotFresh;
    }

    /// <summary>Changes the confirmed user in a transaction.</summary>
    /// <remarks>The first of two parallel changes wins: a password that was changed meanwhile counts as wrong.</remarks>
    /// <returns>The answer of the change, or 404 <c>user_not_found</c>, or 401 <c>invalid_credentials</c>.</returns>
    public Task<Result<T>> Change<T>(
        ConfirmedUser confirmed, Func<User, CancellationToken, Task<Result<T>>> change, CancellationToken cancellationToken) =>
        transaction.Run<Result<T>>(
            async token =>
            {
                if (await db.Users.SingleOrDefaultAsync(u => u.Id == confirmed.User.Id, token) is not { } user)
                    return UserErrors.NotFound;
                return await credentials.FindPasswordHash(user.Id, token) == confirmed.PasswordHash
                    ? await change(user, token)
                    : UserErrors.InvalidCredentials;
            },
            cancellationToken);
}
