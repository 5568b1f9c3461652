using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;

namespace Portico.Application.Wallets;

/// <summary>Opens an empty wallet of the caller; its currency never changes.</summary>
/// <example>{"name":"Travel","currency":"EUR"}</example>
[Authenticated]
public sealed record OpenWallet : ICommand<WalletDto>
{
    public required string Name { get; init; }

    /// <summary>An ISO 4217 code, or the code of a cryptocurrency.</summary>
    public required string Currency { get; init; }
}

internal sealed class OpenWalletValidator : AbstractValidator<OpenWallet>
{
    public OpenWalletValidator()
    {
        RuleFor(c => c.Name).IsLine(Wallet.MaxNameLength);
        RuleFor(c => c.Currency).Must(code => Currency.Find(code) is not null).WithMessage(MoneyErrors.UnknownCurrency.Message);
    }
}

internal sealed class OpenWalletHandler(
    IAppDbContext db, IAccounts accounts, IRecordLimits limits, ICurrentUser caller, TimeProvider clock)
    : ICommandHandler<OpenWallet, WalletDto>
{
    public async Task<Result<WalletDto>> Handle(OpenWallet command, CancellationToken cancellationToken)
    {
        if (await limits.RefuseNew(db.Wallets, WalletErrors.TooMany, cancellationToken) is { } refusal)
            return refusal;

        var wallet = Wallet.Open(caller.Id, command.Name.Trim(), Currency.Of(command.Currency), clock.GetUtcNow());
        db.Wallets.Add(wallet);
        await db.SaveChangesAsync(cancellationToken);
        await accounts.Open(wallet, cancellationToken);
        return WalletDto.Of(wallet, Account.OfWallet(wallet.Id, wallet.OwnerId, wallet.Currency, wallet.CreatedAt));
    }
}
