using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Exchange;

/// <summary>The terms that a user was offered, for a short time and for one exchange.</summary>
public sealed class ExchangeQuote : Entity, IOwned
{
    private ExchangeQuote(Guid id, Guid ownerId)
        : base(id) => OwnerId = ownerId;

    public Guid OwnerId { get; private init; }
    public Guid FromWalletId { get; private init; }
    public Guid ToWalletId { get; private init; }

    /// <summary>What leaves the wallet, with the fee, in minor units.</summary>
    public decimal Sold { get; private init; }

    public Currency SoldCurrency { get; private init; } = null!;

    /// <summary>What comes into the other wallet, in minor units.</summary>
    public decimal Bought { get; private init; }

    public Currency BoughtCurrency { get; private init; } = null!;

    /// <summary>The part of <see cref="Sold"/> that is the fee.</summary>
    public decimal Fee { get; private init; }

    /// <summary>The whole minor units of the bought currency that were rounded away.</summary>
    public decimal Rounded { get; private init; }

    public string Price { get; private init; } = "";
    public string Rounding { get; private init; } = "";
    public DateTimeOffset CreatedAt { get; private init; }
    public DateTimeOffset ExpiresAt { get; private init; }

    public ExchangeTerms Terms => new()
    {
        Sell = Money.OfMinorUnits(Sold, SoldCurrency),
        Buy = Money.OfMinorUnits(Bought, BoughtCurrency),
        Fee = Money.OfMinorUnits(Fee, SoldCurrency),
        Rounded = Money.OfMinorUnits(Rounded, BoughtCurrency),
        Price = Price,
        Rounding = Rounding,
    };

    public static ExchangeQuote Create(
        Guid ownerId, Guid fromWalletId, Guid toWalletId, ExchangeTerms terms, DateTimeOffset now, TimeSpan lifetime) =>
        new(Ids.New(now), ownerId)
        {
            FromWalletId = fromWalletId,
            ToWalletId = toWalletId,
            Sold = terms.Sell.MinorUnits,
            SoldCurrency = terms.Sell.Currency,
            Bought = terms.Buy.MinorUnits,
            BoughtCurrency = terms.Buy.Currency,
            Fee = terms.Fee.MinorUnits,
            Rounded = terms.Rounded.MinorUnits,
            Price = terms.Price,
            Rounding = terms.Rounding,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        };
}
