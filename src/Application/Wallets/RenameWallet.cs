using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Wallets;

namespace Portico.Application.Wallets;

/// <summary>Renames one of the caller's wallets if it has the version that the caller has read.</summary>
/// <example>{"name":"Holidays"}</example>
[Authenticated]
public sealed record RenameWallet : ICommand<WalletDto>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    [JsonIgnore]
    public IfMatch IfMatch { get; init; } = IfMatch.Missing;

    public required string Name { get; init; }
}

internal sealed class RenameWalletValidator : AbstractValidator<RenameWallet>
{
    public RenameWalletValidator() => RuleFor(c => c.Name).IsLine(Wallet.MaxNameLength);
}

internal sealed class RenameWalletHandler(IAppDbContext db, IAccounts accounts) : ICommandHandler<RenameWallet, WalletDto>
{
    public async Task<Result<WalletDto>> Handle(RenameWallet command, CancellationToken cancellationToken)
    {
        var found = await db.Wallets.Get(command.Id, command.IfMatch, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        found.Value.Rename(command.Name.Trim());
        await db.SaveChangesAsync(cancellationToken);
        var held = await accounts.Read([command.Id], cancellationToken);
        return WalletDto.Of(found.Value, held[command.Id]);
    }
}
