using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>The caller, who has just confirmed the password, and the hash that the password matched.</summary>
internal sealed record ConfirmedUser(User User, string PasswordHash);

/// <summary>Checks the caller's password again before a change that a thief with a stolen session must not make.</summary>
/// <remarks>The order: <see cref="Find"/>, the checks of the use case, <see cref="Confirm"/>, then <see cref="Change"/>.</remarks>
internal sealed class PasswordConfirmation(
    ICurrentUser caller, ISignInThrottle throttle, IAppDbContext db, ITransaction transaction, ICredentials credentials,
    IPasswordHashing passwords, IClient client)
{
    /// <summary>Reads the caller's own record, without tracking changes.</summary>
    public async Task<Result<User>> Find(CancellationToken cancellationToken) =>
        await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is { } user
            ? user
            : UserErrors.NotFound;

    /// <summary>Checks the password.</summary>
    /// <returns>The confirmed user, or 401 <c>invalid_credentials</c>, or 429 <c>too_many_attempts</c>.</returns>
    public async Task<Result<ConfirmedUser>> Confirm(User user, string password, CancellationToken cancellationToken)
    {
        // A caller with an access token can't guess passwords faster than a caller who signs in with the address.
        var address = user.Addresses.First();
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

    /// <summary>Changes the confirmed user in a transaction.</summary>
    /// <remarks>The first of two parallel changes wins: a password that was changed meanwhile counts as wrong.</remarks>
    /// <returns>The answer of the change, or 404 <c>user_not_found</c>, or 401 <c>invalid_credentials</c>.</returns>
    public Task<Result<T>> Change<T>(
        ConfirmedUser confirmed, Func<User, CancellationToken, Task<Result<T>>> change, CancellationToken cancellationToken) =>
        transaction.Run<Result<T>>(
            async token =>
            {
                var user = await db.Users.SingleOrDefaultAsync(u => u.Id == confirmed.User.Id, token);
                if (user is null)
                    return UserErrors.NotFound;
                return await credentials.FindPasswordHash(user.Id, token) == confirmed.PasswordHash
                    ? await change(user, token)
                    : UserErrors.InvalidCredentials;
            },
            cancellationToken);
}
