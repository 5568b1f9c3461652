using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Portico.Domain.Currencies;

namespace Portico.Infrastructure.Postgres;

/// <summary>Stores a currency as its code.</summary>
internal sealed class CurrencyCodeConverter() : ValueConverter<Currency, string>(currency => currency.Code, code => Currency.Of(code));
