using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Exchange;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;

namespace Portico.Application.Exchange;

/// <summary>Offers the caller an exchange between two of their wallets, for a short time.</summary>
/// <remarks>
/// Give what is sold, with the fee, or what is bought. Nothing is reserved: the money must be there when the quote is accepted.
/// </remarks>
/// <example>
/// {"fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd",
/// "sell":{"amount":"100.00","currency":"EUR"}}
/// </example>
[Authenticated]
public sealed record QuoteExchange : ICommand<ExchangeQuoteDto>
{
    public required Guid FromWalletId { get; init; }
    public required Guid ToWalletId { get; init; }

    /// <summary>What leaves the wallet, with the fee; not together with buy.</summary>
    public Money? Sell { get; init; }

    /// <summary>What comes into the other wallet; not together with sell.</summary>
    public Money? Buy { get; init; }
}

/// <summary>The offer of an exchange. It is accepted once, before it expires.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd",
/// "toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","sell":{"amount":"100.00","currency":"EUR"},
/// "buy":{"amount":"108.74","currency":"USD"},"fee":{"amount":"0.20","currency":"EUR"},"rate":"1.08956925",
/// "rounding":{"mode":"down","amount":"0.0003","currency":"USD"},"expiresAt":"2026-11-21T10:00:30.123Z"}
/// </example>
public sealed record ExchangeQuoteDto
{
    public required Guid Id { get; init; }
    public required Guid FromWalletId { get; init; }
    public required Guid ToWalletId { get; init; }

    /// <summary>What leaves the wallet, with the fee.</summary>
    public required Money Sell { get; init; }

    /// <summary>What comes into the other wallet.</summary>
    public required Money Buy { get; init; }

    /// <summary>The part of sell that is the fee.</summary>
    public required Money Fee { get; init; }

    /// <summary>How many units of the bought currency one unit of the sold currency brings, after the fee is taken; rounded down.</summary>
    public required string Rate { get; init; }

    public required RoundingDto Rounding { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What was rounded away.</summary>
/// <param name="Mode">Always down: what the caller gets is rounded down once.</param>
/// <param name="Amount">What was rounded away, with 12 decimals more than the currency has.</param>
/// <param name="Currency">The bought currency.</param>
/// <example>{"mode":"down","amount":"0.0003","currency":"USD"}</example>
public sealed record RoundingDto(string Mode, string Amount, string Currency)
{
    internal static RoundingDto Of(ExchangeTerms terms) =>
        new(ExchangeTerms.RoundingMode, terms.Rounding, terms.Buy.Currency.Code);
}

/// <summary>The rules of exchanges that an installation chooses.</summary>
public interface IExchangeRules
{
    /// <summary>The fee, as a part of what is sold.</summary>
    decimal Fee { get; }

    /// <summary>How long a quote can be accepted.</summary>
    TimeSpan QuoteLifetime { get; }

    /// <summary>How many quotes of a user may be open at once.</summary>
    int MaxOpenQuotes { get; }
}

internal sealed class QuoteExchangeValidator : AbstractValidator<QuoteExchange>
{
    public QuoteExchangeValidator()
    {
        RuleFor(c => c.Sell).IsAmount();
        RuleFor(c => c.Buy).IsAmount();
        RuleFor(c => c.Sell).Must((command, sell) => sell is null != command.Buy is null)
            .WithMessage("Give either sell or buy.");
    }
}

internal sealed class QuoteExchangeHandler(
    IAppDbContext db, IExchangeRules rules, IRecordLimits limits, ICurrentUser caller, TimeProvider clock)
    : ICommandHandler<QuoteExchange, ExchangeQuoteDto>
{
    public async Task<Result<ExchangeQuoteDto>> Handle(QuoteExchange command, CancellationToken cancellationToken)
    {
        if (command.FromWalletId == command.ToWalletId)
            return LedgerErrors.SameWallet;

        // Both are the caller's: the query filter hides the wallets of others.
        var wallets = await db.Wallets.AsNoTracking()
            .Where(wallet => wallet.Id == command.FromWalletId || wallet.Id == command.ToWalletId)
            .ToDictionaryAsync(wallet => wallet.Id, cancellationToken);
        if (wallets.Count < 2)
            return LedgerErrors.WalletNotFound;
        if (wallets.Values.Any(wallet => wallet.Status == WalletStatus.Closed))
            return LedgerErrors.WalletClosed;

        var (sold, bought) = (wallets[command.FromWalletId].Currency, wallets[command.ToWalletId].Currency);
        if (sold == bought)
            return ExchangeErrors.SameCurrency;
        if ((command.Sell is { } sell && sell.Currency != sold) || (command.Buy is { } buy && buy.Currency != bought))
            return LedgerErrors.CurrencyMismatch;

        var now = clock.GetUtcNow();
        var terms = await TermsOf(command, sold, bought, now, cancellationToken);
        if (terms.Error is { } refusal)
            return refusal;

        if (await limits.LockCaller(cancellationToken) is { } deleted)
            return deleted;
        var quotes = db.Set<ExchangeQuote>();
        if (await quotes.CountAsync(open => open.ExpiresAt > now, cancellationToken) >= rules.MaxOpenQuotes)
            return ExchangeErrors.TooManyQuotes with { RetryAfter = rules.QuoteLifetime };

        var quote = ExchangeQuote.Create(
            caller.Id, command.FromWalletId, command.ToWalletId, terms.Value, now, rules.QuoteLifetime);
        quotes.Add(quote);
        await db.SaveChangesAsync(cancellationToken);
        return new ExchangeQuoteDto
        {
            Id = quote.Id,
            FromWalletId = quote.FromWalletId,
            ToWalletId = quote.ToWalletId,
            Sell = terms.Value.Sell,
            Buy = terms.Value.Buy,
            Fee = terms.Value.Fee,
            Rate = terms.Value.Price,
            Rounding = RoundingDto.Of(terms.Value),
            ExpiresAt = quote.ExpiresAt,
        };
    }

    private async Task<Result<ExchangeTerms>> TermsOf(
        QuoteExchange command, Currency sold, Currency bought, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rate = await db.Set<ExchangeRate>().AsNoTracking().OfPair(sold, bought).SingleOrDefaultAsync(cancellationToken);
        if (rate is null || !rate.IsValid(now))
            return ExchangeErrors.NoRate;

        var price = rate.PriceOf(sold);
        return command.Sell is { } sell
            ? ExchangeTerms.Selling(sell, bought, price, rules.Fee)
            : ExchangeTerms.Buying(command.Buy!.Value, sold, price, rules.Fee);
    }
}
