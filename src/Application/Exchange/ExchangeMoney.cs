using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Exchange;
using Portico.Domain.Ledger;

namespace Portico.Application.Exchange;

/// <summary>Accepts a quote of the caller: the exchange is made on its terms, once.</summary>
/// <example>{"quoteId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd"}</example>
[Authenticated]
public sealed record ExchangeMoney : ICommand<ExchangeDto>, INeedsIdempotencyKey, IOwnTransaction
{
    public required Guid QuoteId { get; init; }
}

internal sealed class ExchangeMoneyHandler(IAppDbContext db, ILedgerRecords records, LedgerClient ledger)
    : ICommandHandler<ExchangeMoney, ExchangeDto>
{
    public async Task<Result<ExchangeDto>> Handle(ExchangeMoney command, CancellationToken cancellationToken)
    {
        if (await Find(command.QuoteId, cancellationToken) is not { } instruction)
            return await ledger.FindRefusal(cancellationToken) ?? ExchangeErrors.QuoteNotFound;

        return await ledger.Execute(
            instruction,
            result => ExchangeDto.Of(
                new ExecutedExchange(
                    instruction.Id, ledger.CallerId, instruction.FromWalletId, instruction.ToWalletId, instruction.Terms,
                    result.Journals[^1].RecordedAt)),
            cancellationToken);
    }

    /// <summary>The instruction of a quote; old quotes are removed, so a late repetition finds the exchange that was made of it.</summary>
    /// <remarks>If the exchange was refused, nothing is left of it but the error under its idempotency key.</remarks>
    private async Task<CurrencyExchange?> Find(Guid id, CancellationToken cancellationToken)
    {
        Guid[] parts = [ledger.NewId(), ledger.NewId(), ledger.NewId()];
        if (await db.Set<ExchangeQuote>().AsNoTracking().SingleOrDefaultAsync(quote => quote.Id == id, cancellationToken) is { } open)
            return new CurrencyExchange(open.FromWalletId, open.ToWalletId, open.Terms, open.ExpiresAt, parts) { Id = id };

        var done = await records.FindExchange(id, cancellationToken);
        return done?.OwnerId == ledger.CallerId
            ? new CurrencyExchange(done.FromWalletId, done.ToWalletId, done.Terms, done.RecordedAt, parts) { Id = id }
            : null;
    }
}
