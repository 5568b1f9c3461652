using FluentValidation;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Wallets;

/// <summary>Gets the statement of a wallet for a period; for its owner and for managers.</summary>
[Authenticated(OrServiceAccount = true)]
public sealed record GetWalletStatement : IQuery<StatementDto>
{
    public Guid WalletId { get; init; }

    /// <summary>The start of the period, inclusive, in whole milliseconds; without it, the beginning of the wallet.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The end of the period, exclusive; without it, now.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>The opening balance, the entries and the closing balance of a period: opening + entries = closing.</summary>
/// <param name="WalletId">The wallet.</param>
/// <param name="Currency">The code of its currency.</param>
/// <param name="From">The start of the period, inclusive; null is the beginning of the wallet.</param>
/// <param name="To">The end of the period, exclusive.</param>
/// <param name="Opening">The balance before the first entry.</param>
/// <param name="Closing">The balance after the last entry.</param>
/// <param name="EntryCount">The number of entries.</param>
/// <param name="Entries">The entries, oldest first.</param>
/// <example>
/// {"walletId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1","currency":"EUR","from":"2026-11-01T00:00:00.000Z","to":"2026-12-01T00:00:00.000Z",
/// "opening":{"amount":"100.00","currency":"EUR"},"closing":{"amount":"87.66","currency":"EUR"},"entryCount":1,"entries":[{"version":7,
/// "createdAt":"2026-11-21T10:00:00.123Z","kind":"transfer","amount":{"amount":"-12.34","currency":"EUR"},"balance":{"amount":"87.66",
/// "currency":"EUR"},"held":{"amount":"0.00","currency":"EUR"},"transferId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd",
/// "counterpartyId":"01a1fc7e-c0c0-7d15-9c3f-5ae82c4c4dd1","holdId":null,"reversesId":null,"description":"Lunch"}]}
/// </example>
public sealed record StatementDto(
    Guid WalletId, string Currency, DateTimeOffset? From, DateTimeOffset To, Money Opening, Money Closing, long EntryCount,
    IAsyncEnumerable<EntryDto> Entries);

internal sealed class GetWalletStatementValidator : AbstractValidator<GetWalletStatement>
{
    public GetWalletStatementValidator() =>
        RuleFor(q => q.To).IsLaterThanFrom(q => q.From);
}

internal sealed class GetWalletStatementHandler(IWalletHistory history, ICurrentUser caller, TimeProvider clock)
    : IQueryHandler<GetWalletStatement, StatementDto>
{
    private static readonly Error NotYet = CommonErrors.Validation("from", "This is in the future. Give to as well, or an earlier time.");

    public async Task<Result<StatementDto>> Handle(GetWalletStatement query, CancellationToken cancellationToken)
    {
        DateTimeOffset? from = query.From is { } first ? Instants.Millisecond(first) : null;
        var to = query.To is { } end ? Instants.Millisecond(end) : Instants.After(Instants.Millisecond(clock.GetUtcNow()));
        if (query.To is null && from >= to)
            return NotYet;

        var wallet = await history.Open(query.WalletId, caller, cancellationToken);
        if (wallet.Error is { } refusal)
            return refusal;

        var closing = await history.Until(wallet.Value, query.To is null ? Instants.Open : to, cancellationToken);
        var opening = from is { } start
            ? await history.Until(wallet.Value, start, cancellationToken)
            : PostedBalance.Empty(wallet.Value.Currency);
        // The opening balance is read second and may include a newer entry. Then the period has no entries.
        if (opening.Version > closing.Version)
            opening = closing;
        return new StatementDto(
            query.WalletId, wallet.Value.Currency.Code, from, to, opening.Posted, closing.Posted, closing.Version - opening.Version,
            history.Between(wallet.Value, opening.Version, closing.Version, cancellationToken));
    }
}
