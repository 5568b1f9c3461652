using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Signs a person in with their address and password, and after repeated failures with a code to the address too.</summary>
/// <remarks>A hash that costs less than is set today is made anew, since only now the password is at hand.</remarks>
/// <example>{"email":"ada@example.org","password":"correct horse battery staple"}</example>
[Anonymous]
public sealed record LogIn : ICommand<LogInAnswer>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required string Password { get; init; }
}

/// <summary>How a sign-in goes on: with tokens, or with a challenge.</summary>
public sealed record LogInAnswer
{
    private LogInAnswer()
    {
    }

    public TokensDto? Tokens { get; private init; }
    public SignInChallengeDto? Challenge { get; private init; }

    internal static LogInAnswer Of(TokensDto tokens) => new() { Tokens = tokens };

    internal static LogInAnswer Of(SignInChallengeDto challenge) => new() { Challenge = challenge };
}

/// <summary>A second proof is asked for, whether or not the password was right.</summary>
/// <remarks>
/// One of the methods is to be used within <c>expiresIn</c> seconds; a code goes to the address if the password was right.
/// </remarks>
/// <example>
/// {"challengeId":"pZ8dYpBzv1cO1zNVXv0r0mS5dYxk7wzWq8oQ0x2aF3Uo7TqkTtqgkq3n0a1b2c3d4","methods":["addressCode"],"expiresIn":600}
/// </example>
public sealed record SignInChallengeDto(string ChallengeId, IReadOnlyList<ChallengeMethod> Methods, int ExpiresIn);

/// <summary>How a challenge can be met.</summary>
public enum ChallengeMethod
{
    /// <summary>With the code that was sent to the address.</summary>
    AddressCode = 1,
}

internal sealed class LogInValidator : AbstractValidator<LogIn>
{
    public LogInValidator()
    {
        this.NamesOneContact();
        RuleFor(c => c.Password).NotEmpty().MaximumLength(FieldRules.MaxPasswordLength);
    }
}

internal sealed class LogInHandler(
    ISignInThrottle throttle, ISignInChallenges challenges, ICredentials credentials, IPasswordHashing passwords, IMessageSender messages,
    SignIn signIn, IClient client)
    : ICommandHandler<LogIn, LogInAnswer>
{
    public async Task<Result<LogInAnswer>> Handle(LogIn command, CancellationToken cancellationToken)
    {
        var address = command.Contact();
        var attempt = await throttle.Begin(address, client.IpAddress, messages.Reaches(address.Kind), cancellationToken);
        if (attempt.Error is { } tooMany)
            return tooMany;

        // An unknown account costs the same work as a known one: the statement is the same, and the hash is always computed.
        var (user, passwordHash) = await credentials.Find(address, cancellationToken);
        var match = await passwords.Verify(passwordHash, command.Password, cancellationToken);
        var proved = user is { Status: UserStatus.Active } && match != PasswordMatch.None ? user : null;
        if (attempt.Value == SignInProof.PasswordAndCode)
            return await Challenge(address, proved, cancellationToken);
        if (proved is null)
            return UserErrors.InvalidCredentials;

        await throttle.Succeeded(address, client.IpAddress, cancellationToken);
        if (match == PasswordMatch.Outdated)
            await credentials.Rehash(
                proved.Id, passwordHash!, await passwords.Hash(command.Password, cancellationToken), cancellationToken);
        var tokens = await signIn.Open(proved, cancellationToken);
        return tokens.Error is { } refusal ? refusal : LogInAnswer.Of(tokens.Value);
    }

    /// <summary>
    /// The same work and the same answer, right password or not; only the message differs, and nobody but its reader sees it.
    /// </summary>
    private async Task<Result<LogInAnswer>> Challenge(ContactAddress address, User? proved, CancellationToken cancellationToken)
    {
        var opened = await challenges.Open(
            address, proved is null ? null : new ProvenPassword(proved.Id, proved.SessionVersion), client.IpAddress, cancellationToken);
        if (opened.Error is { } tooMany)
            return tooMany;

        var message = MessageTemplates.Render(
            Notification.SignInCode(opened.Value.Code ?? "", challenges.Lifetime), address, proved?.Locale ?? client.Locale);
        if (opened.Value.Code is not null)
            messages.Send(message);
        else
            messages.SendNothing();
        return LogInAnswer.Of(
            new SignInChallengeDto(opened.Value.Id, [ChallengeMethod.AddressCode], (int)challenges.Lifetime.TotalSeconds));
    }
}
