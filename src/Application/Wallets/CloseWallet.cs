using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Wallets;

namespace Portico.Application.Wallets;

/// <summary>Closes and deletes one of the caller's wallets, if it is empty and holds nothing; its history stays.</summary>
[Authenticated]
public sealed record CloseWallet(Guid Id, IfMatch IfMatch) : ICommand<Unit>;

internal sealed class CloseWalletHandler(IAppDbContext db, IAccounts accounts) : ICommandHandler<CloseWallet, Unit>
{
    public async Task<Result<Unit>> Handle(CloseWallet command, CancellationToken cancellationToken)
    {
        var found = await db.Wallets.Get(command.Id, command.IfMatch, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;
        if (!await accounts.TryClose(command.Id, cancellationToken))
            return WalletErrors.NotEmpty;

        found.Value.Close();
        await db.SaveChangesAsync(cancellationToken);
        db.Wallets.Remove(found.Value);
        return Unit.Value;
    }
}
