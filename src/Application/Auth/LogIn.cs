using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Users;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Signs a person in with their address and password.</summary>
/// <remarks>A hash that costs less than is set today is made anew, since only now the password is at hand.</remarks>
/// <example>{"email":"ada@example.org","password":"correct horse battery staple"}</example>
[Anonymous]
public sealed record LogIn : ICommand<TokensDto>, INamesContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required string Password { get; init; }
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
    ISignInThrottle throttle, IAppDbContext db, ICredentials credentials, IPasswordHashing passwords, SignIn signIn, IClient client)
    : ICommandHandler<LogIn, TokensDto>
{
    public async Task<Result<TokensDto>> Handle(LogIn command, CancellationToken cancellationToken)
    {
        var address = command.Contact();
        var attempt = await throttle.Begin(address, client.IpAddress, cancellationToken);
        if (attempt.Error is { } tooMany)
            return tooMany;

        // An unknown account costs the same work as a known one: both statements run, and the hash is always computed.
        var user = await db.Users.FindByAddress(address, cancellationToken);
        var passwordHash = await credentials.FindPasswordHash(user?.Id ?? Guid.Empty, cancellationToken);
        var match = await passwords.Verify(passwordHash, command.Password, cancellationToken);
        if (user is not { Status: UserStatus.Active } || match == PasswordMatch.None)
            return UserErrors.InvalidCredentials;

        await throttle.Succeeded(address, client.IpAddress, cancellationToken);
        if (match == PasswordMatch.Outdated)
            await credentials.Rehash(user.Id, passwordHash!, await passwords.Hash(command.Password, cancellationToken), cancellationToken);
        return await signIn.Open(user, cancellationToken);
    }
}
