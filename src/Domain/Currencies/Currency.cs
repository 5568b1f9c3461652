namespace Portico.Domain.Currencies;

/// <summary>A unit of money with the number of decimals that it is counted in.</summary>
/// <remarks>
/// Codes and minor units of ISO 4217, and a few crypto currencies with 8 and 18 decimals.
/// Decimals are between 0 and 18.
/// </remarks>
public sealed record Currency
{
    private Currency(string code, string name, int decimals) => (Code, Name, Decimals) = (code, name, decimals);

    public string Code { get; }
    public string Name { get; }
    public int Decimals { get; }

    /// <summary>Every currency that Portico knows, by code.</summary>
    public static IReadOnlyList<Currency> All { get; } =
    [
        new("AED", "UAE dirham", 2), new("AMD", "Armenian dram", 2), new("AUD", "Australian dollar", 2),
        new("AZN", "Azerbaijan manat", 2), new("BGN", "Bulgarian lev", 2), new("BHD", "Bahraini dinar", 3),
        new("BRL", "Brazilian real", 2), new("BTC", "Bitcoin", 8), new("BYN", "Belarusian ruble", 2),
        new("CAD", "Canadian dollar", 2), new("CHF", "Swiss franc", 2), new("CLP", "Chilean peso", 0),
        new("CNY", "Yuan renminbi", 2), new("CZK", "Czech koruna", 2), new("DKK", "Danish krone", 2),
        new("ETH", "Ether", 18), new("EUR", "Euro", 2), new("GBP", "Pound sterling", 2),
        new("GEL", "Georgian lari", 2), new("HKD", "Hong Kong dollar", 2), new("HUF", "Forint", 2),
        new("IDR", "Rupiah", 2), new("ILS", "New Israeli sheqel", 2), new("INR", "Indian rupee", 2),
        new("JPY", "Yen", 0), new("KGS", "Som", 2), new("KRW", "Won", 0), new("KWD", "Kuwaiti dinar", 3),
        new("KZT", "Tenge", 2), new("MXN", "Mexican peso", 2), new("NOK", "Norwegian krone", 2),
        new("NZD", "New Zealand dollar", 2), new("PLN", "Zloty", 2), new("RON", "Romanian leu", 2),
        new("RSD", "Serbian dinar", 2), new("RUB", "Russian ruble", 2), new("SEK", "Swedish krona", 2),
        new("SGD", "Singapore dollar", 2), new("THB", "Baht", 2), new("TND", "Tunisian dinar", 3),
        new("TRY", "Turkish lira", 2), new("UAH", "Hryvnia", 2), new("USD", "US dollar", 2),
        new("USDT", "Tether", 6), new("UZS", "Uzbekistan sum", 2), new("VND", "Dong", 0), new("ZAR", "Rand", 2),
    ];
}
