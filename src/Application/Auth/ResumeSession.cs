using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Makes the access token with which the server acts for the browser that sent the cookie of a session.</summary>
/// <remarks>The token stays on the server. The session's idle lifetime is extended.</remarks>
[Anonymous]
public sealed record ResumeSession : ICommand<ResumedSession>, IOwnTransaction
{
    public required string Cookie { get; init; }

    /// <summary>The version of the session when the caller got the access token that it still has; then it needs no other.</summary>
    public int? KnownVersion { get; init; }
}

/// <summary>A session whose cookie is valid.</summary>
/// <param name="Version">The version of the session: with another one an earlier access token is of no use.</param>
/// <param name="Lifetime">How long the session lives when it is not used.</param>
/// <param name="AccessToken">The access token; <c>null</c> for a caller who has one of this version.</param>
public sealed record ResumedSession(int Version, TimeSpan Lifetime, AccessToken? AccessToken);

internal sealed class ResumeSessionValidator : AbstractValidator<ResumeSession>
{
    private const int MaxLength = 256;

    public ResumeSessionValidator()
    {
        RuleFor(c => c.Cookie).NotEmpty().MaximumLength(MaxLength);
        RuleFor(c => c.KnownVersion).GreaterThanOrEqualTo(0);
    }
}

internal sealed class ResumeSessionHandler(ISessions sessions, SessionContinuation continuation)
    : ICommandHandler<ResumeSession, ResumedSession>
{
    public async Task<Result<ResumedSession>> Handle(ResumeSession command, CancellationToken cancellationToken)
    {
        var rotation = await sessions.Resume(command.Cookie, cancellationToken);
        if (rotation.Ticket is { } known && known.Version == command.KnownVersion)
            return new ResumedSession(known.Version, known.RefreshLifetime, AccessToken: null);

        var continued = await continuation.Of(rotation, cancellationToken);
        return continued.Error is { } refusal
            ? refusal
            : new ResumedSession(continued.Value.Ticket.Version, continued.Value.Ticket.RefreshLifetime, continued.Value.AccessToken);
    }
}
