using FluentValidation;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Signs a user in with address and password, and the second factor of a user who has one.</summary>
/// <remarks>
/// After repeated failures a code is asked for first, which is sent to the address; it never stands in for the second factor. A hash with a
/// lower cost than the configured one is replaced, because only now the password is known.
/// </remarks>
/// <example>{"email":"ada@example.org","password":"correct horse battery staple"}</example>
[Anonymous]
public sealed record LogIn : ICommand<LogInAnswer>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required string Password { get; init; }

    /// <summary>How the code of a challenge reaches the user; without it as the user prefers, or else to the address.</summary>
    public CodeChannel? Channel { get; init; }
}

/// <summary>The result of a sign-in: tokens or a challenge; or neither when an account of a provider was linked.</summary>
public sealed record LogInAnswer(TokensDto? Tokens, SignInChallengeDto? Challenge)
{
    internal static LogInAnswer Linked { get; } = new(Tokens: null, Challenge: null);

    internal static LogInAnswer Of(TokensDto tokens) => new(tokens, Challenge: null);

    internal static LogInAnswer Of(SignInChallengeDto challenge) => new(Tokens: null, challenge);
}

/// <summary>The sign-in needs another proof.</summary>
/// <remarks>
/// Use one of the methods within <c>expiresIn</c> seconds. A challenge with <c>addressCode</c> does not say whether the password was right:
/// a code is sent to the address only if it was. The <c>requestId</c> of the code is the id of the challenge that it was sent for.
/// </remarks>
/// <example>
/// {"challengeId":"pZ8dYpBzv1cO1zNVXv0r0mS5dYxk7wzWq8oQ0x2aF3Uo7TqkTtqgkq3n0a1b2c3d4","methods":["addressCode"],"expiresIn":600}
/// </example>
public sealed record SignInChallengeDto(string ChallengeId, IReadOnlyList<ChallengeMethod> Methods, int ExpiresIn);

/// <summary>How a challenge can be answered.</summary>
public enum ChallengeMethod
{
    /// <summary>With the code that was sent to the address.</summary>
    AddressCode = 1,

    /// <summary>With the code of the authenticator app.</summary>
    Totp = 2,

    /// <summary>With one of the recovery codes.</summary>
    RecoveryCode = 3,

    /// <summary>With a passkey.</summary>
    Passkey = 4,

    /// <summary>By adding an authenticator app with <c>login/totp</c>, and then with its code (<c>totp</c>).</summary>
    TotpEnrolment = 5,
}

internal sealed class LogInValidator : AbstractValidator<LogIn>
{
    public LogInValidator()
    {
        this.NamesOneContact();
        RuleFor(c => c.Password).NotEmpty().MaximumLength(FieldRules.MaxTypedPasswordLength);
        RuleFor(c => c.Channel).IsInEnum();
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
            return await Challenge(address, proved, command.Channel, cancellationToken);
        if (proved is null)
            return UserErrors.InvalidCredentials;

        await throttle.Succeeded(address, client.IpAddress, cancellationToken);
        // While too many hashes wait, the next sign-in makes the better one.
        if (match == PasswordMatch.Outdated)
            await Outages.Ignore(() => Rehash(proved.Id, passwordHash!, command.Password, cancellationToken));
        return await signIn.Begin(proved, cancellationToken);
    }

    private async Task Rehash(Guid userId, string passwordHash, string password, CancellationToken cancellationToken) =>
        await credentials.Rehash(userId, passwordHash, await passwords.Hash(password, cancellationToken), cancellationToken);

    /// <summary>
    /// Does the same work and gives the same answer for a right and a wrong password. Only the message differs, which only its receiver
    /// sees.
    /// </summary>
    private async Task<Result<LogInAnswer>> Challenge(
        ContactAddress address, User? proved, CodeChannel? channel, CancellationToken cancellationToken)
    {
        var opened = await challenges.Open(
            address, proved is null ? null : new ProvenPassword(proved.Id, proved.SessionVersion), client.IpAddress, cancellationToken);
        if (opened.Error is { } tooMany)
            return tooMany;

        var recipient = proved is null ? new CodeRecipient(address, client.Locale) : CodeRecipient.Of(proved, address, channel, messages);
        var message = MessageTemplates.Render(
            Notification.SignInCode(opened.Value.Code ?? "", challenges.Lifetime), recipient.Address, recipient.Locale);
        if (opened.Value.Code is not null)
            messages.Send(message, recipient.TelegramUserId);
        else
            messages.SendNothing();
        return LogInAnswer.Of(
            new SignInChallengeDto(opened.Value.Id, [ChallengeMethod.AddressCode], (int)challenges.Lifetime.TotalSeconds));
    }
}
