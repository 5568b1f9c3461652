using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Registers a user with an address that a code proves, and signs the user in.</summary>
/// <remarks>
/// The code is consumed, then the user is committed, then the session is opened. A crash in between loses a code or a sign-in, never an
/// account.
/// </remarks>
/// <example>{"email":"ada@example.org","code":"492816","password":"correct horse battery staple","displayName":"Ada Lovelace"}</example>
[Anonymous]
public sealed record Register : ICommand<TokensDto>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required string Code { get; init; }

    /// <summary>The <c>requestId</c> of the answer to the request for the code.</summary>
    public string? RequestId { get; init; }

    public required string Password { get; init; }
    public required string DisplayName { get; init; }
}

internal sealed class RegisterValidator : AbstractValidator<Register>
{
    public RegisterValidator()
    {
        this.NamesOneContact();
        RuleFor(c => c.Code).IsCode();
        RuleFor(c => c.RequestId).IsRequestId();
        RuleFor(c => c.Password).IsNewPasswordOfContact();
        RuleFor(c => c.DisplayName).NotNull().IsDisplayName();
    }
}

internal sealed class RegisterHandler(
    ICodes codes, IPasswordHashing passwords, ITransaction transaction, IAppDbContext db, IAddressRelease addresses,
    ICredentials credentials, SignIn signIn, IClient client, TimeProvider clock)
    : ICommandHandler<Register, TokensDto>
{
    public async Task<Result<TokensDto>> Handle(Register command, CancellationToken cancellationToken)
    {
        var address = command.Contact();
        // Fail while PostgreSQL is away or too many passwords wait, before the code is used: then the code still works when the client
        // repeats the request.
        await db.Users.AsNoTracking().FindByAddress(address, cancellationToken);
        using var place = passwords.Reserve();
        var proof = await codes.Consume(
            address, CodeScope.Registration, command.Code, command.RequestId, client.IpAddress, cancellationToken);
        if (proof.Error is { } invalid)
            return invalid;

        // Before the transaction, because hashing takes longer than everything else here together.
        var passwordHash = await place.Hash(command.Password, cancellationToken);
        var registered = await transaction.Run<Result<User>>(
            async token =>
            {
                await addresses.ReleaseExpired(address, token);
                var user = User.Register(address, command.DisplayName.Trim(), client.Locale, clock.GetUtcNow());
                db.Users.Add(user);
                await credentials.Add(user.Id, passwordHash, token);
                return user;
            },
            cancellationToken);
        // A new user has no second factor, and a role that never needs one.
        return registered.Error is { } refusal ? refusal : await signIn.Open(registered.Value, hasSecondFactor: false, cancellationToken);
    }
}
