using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Exchange;

namespace Portico.Infrastructure.Exchange;

internal sealed class ExchangeRateConfiguration : IEntityTypeConfiguration<ExchangeRate>
{
    public void Configure(EntityTypeBuilder<ExchangeRate> builder)
    {
        builder.ToTable("exchange_rates");
        builder.Property(rate => rate.Rate).HasPrecision(28, ExchangeRate.MaxDecimals);
        builder.Property(rate => rate.Spread).HasPrecision(28, ExchangeRate.MaxDecimals);
    }
}

internal sealed class ExchangeQuoteConfiguration : IEntityTypeConfiguration<ExchangeQuote>
{
    private const int MaxTextLength = 60;

    public void Configure(EntityTypeBuilder<ExchangeQuote> builder)
    {
        builder.ToTable("exchange_quotes");
        builder.Ignore(quote => quote.Terms);
        builder.Property(quote => quote.Price).HasMaxLength(MaxTextLength);
        builder.Property(quote => quote.Rounding).HasMaxLength(MaxTextLength);
        builder.HasIndex(quote => new { quote.OwnerId, quote.ExpiresAt }).HasDatabaseName("exchange_quotes_owner_id_idx");
        builder.HasIndex(quote => quote.ExpiresAt).HasDatabaseName("exchange_quotes_expires_at_idx");
    }
}
