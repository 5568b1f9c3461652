using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Demands a recent proof of identity before a change that a thief with a stolen session must not make.</summary>
/// <remarks>
/// A user who proves a second factor at each sign-in has proved it in this session at most <c>Sessions:FreshFor</c> ago; another user has
/// opened this session at most <c>Sessions:FreshFor</c> ago.
/// </remarks>
internal sealed class FreshProof(ISecondFactors factors, ISessions sessions, ICurrentUser caller)
{
    /// <summary>Checks the caller before a change of the ways to sign in.</summary>
    /// <returns>The error 403 <c>second_factor_not_fresh</c> or <c>session_not_fresh</c>, or <c>null</c>.</returns>
    public async Task<Error?> Refuse(CancellationToken cancellationToken)
    {
        if (await AreFactorsUsed(cancellationToken))
            return await RefuseStaleFactor(cancellationToken);
        return await sessions.IsFresh(caller.Id, caller.SessionId, cancellationToken) ? null : OAuthErrors.SessionNotFresh;
    }

    /// <summary>Checks the second factor only, before a change that asks for the password in another way.</summary>
    /// <returns>The error 403 <c>second_factor_not_fresh</c>, or <c>null</c>.</returns>
    public async Task<Error?> RefuseWithoutFactor(CancellationToken cancellationToken) =>
        await AreFactorsUsed(cancellationToken) ? await RefuseStaleFactor(cancellationToken) : null;

    private async Task<bool> AreFactorsUsed(CancellationToken cancellationToken) =>
        (await factors.Find(caller.Id, caller.Claims!.Roles[0], cancellationToken)).AreUsed;

    private async Task<Error?> RefuseStaleFactor(CancellationToken cancellationToken) =>
        await sessions.HasFreshSecondFactor(caller.Id, caller.SessionId, cancellationToken) ? null : SecondFactorErrors.NotFresh;
}
