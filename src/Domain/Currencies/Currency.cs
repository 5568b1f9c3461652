using System.Collections.Frozen;

namespace Portico.Domain.Currencies;

/// <summary>A currency with its number of decimals.</summary>
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

    /// <summary>Every currency that Portico supports, sorted by code.</summary>
    public static IReadOnlyList<Currency> All { get; } =
    [
        new("AED", "UAE dirham", 2), new("AFN", "Afghani", 2), new("ALL", "Lek", 2), new("AMD", "Armenian dram", 2),
        new("AOA", "Kwanza", 2), new("ARS", "Argentine peso", 2), new("AUD", "Australian dollar", 2),
        new("AWG", "Aruban florin", 2), new("AZN", "Azerbaijan manat", 2), new("BAM", "Convertible mark", 2),
        new("BBD", "Barbados dollar", 2), new("BDT", "Taka", 2), new("BGN", "Bulgarian lev", 2), new("BHD", "Bahraini dinar", 3),
        new("BIF", "Burundi franc", 0), new("BMD", "Bermudian dollar", 2), new("BNB", "BNB", 18), new("BND", "Brunei dollar", 2),
        new("BOB", "Boliviano", 2), new("BRL", "Brazilian real", 2), new("BSD", "Bahamian dollar", 2), new("BTC", "Bitcoin", 8),
        new("BTN", "Ngultrum", 2), new("BWP", "Pula", 2), new("BYN", "Belarusian ruble", 2), new("BZD", "Belize dollar", 2),
        new("CAD", "Canadian dollar", 2), new("CDF", "Congolese franc", 2), new("CHF", "Swiss franc", 2),
        new("CLF", "Unidad de fomento", 4), new("CLP", "Chilean peso", 0), new("CNY", "Yuan renminbi", 2),
        new("COP", "Colombian peso", 2), new("CRC", "Costa Rican colon", 2), new("CUP", "Cuban peso", 2),
        new("CVE", "Cabo Verde escudo", 2), new("CZK", "Czech koruna", 2), new("DAI", "Dai", 18), new("DJF", "Djibouti franc", 0),
        new("DKK", "Danish krone", 2), new("DOGE", "Dogecoin", 8), new("DOP", "Dominican peso", 2),
        new("DZD", "Algerian dinar", 2), new("EGP", "Egyptian pound", 2), new("ERN", "Nakfa", 2), new("ETB", "Ethiopian birr", 2),
        new("ETH", "Ether", 18), new("EUR", "Euro", 2), new("FJD", "Fiji dollar", 2), new("FKP", "Falkland Islands pound", 2),
        new("GBP", "Pound sterling", 2), new("GEL", "Georgian lari", 2), new("GHS", "Ghana cedi", 2),
        new("GIP", "Gibraltar pound", 2), new("GMD", "Dalasi", 2), new("GNF", "Guinean franc", 0), new("GTQ", "Quetzal", 2),
        new("GYD", "Guyana dollar", 2), new("HKD", "Hong Kong dollar", 2), new("HNL", "Lempira", 2), new("HTG", "Gourde", 2),
        new("HUF", "Forint", 2), new("IDR", "Rupiah", 2), new("ILS", "New Israeli sheqel", 2), new("INR", "Indian rupee", 2),
        new("IQD", "Iraqi dinar", 3), new("IRR", "Iranian rial", 2), new("ISK", "Iceland krona", 0),
        new("JMD", "Jamaican dollar", 2), new("JOD", "Jordanian dinar", 3), new("JPY", "Yen", 0),
        new("KES", "Kenyan shilling", 2), new("KGS", "Som", 2), new("KHR", "Riel", 2), new("KMF", "Comorian franc", 0),
        new("KPW", "North Korean won", 2), new("KRW", "Won", 0), new("KWD", "Kuwaiti dinar", 3),
        new("KYD", "Cayman Islands dollar", 2), new("KZT", "Tenge", 2), new("LAK", "Lao kip", 2), new("LBP", "Lebanese pound", 2),
        new("LKR", "Sri Lanka rupee", 2), new("LRD", "Liberian dollar", 2), new("LSL", "Loti", 2), new("LTC", "Litecoin", 8),
        new("LYD", "Libyan dinar", 3), new("MAD", "Moroccan dirham", 2), new("MDL", "Moldovan leu", 2),
        new("MGA", "Malagasy ariary", 2), new("MKD", "Denar", 2), new("MMK", "Kyat", 2), new("MNT", "Tugrik", 2),
        new("MOP", "Pataca", 2), new("MRU", "Ouguiya", 2), new("MUR", "Mauritius rupee", 2), new("MVR", "Rufiyaa", 2),
        new("MWK", "Malawi kwacha", 2), new("MXN", "Mexican peso", 2), new("MYR", "Malaysian ringgit", 2),
        new("MZN", "Mozambique metical", 2), new("NAD", "Namibia dollar", 2), new("NGN", "Naira", 2),
        new("NIO", "Cordoba oro", 2), new("NOK", "Norwegian krone", 2), new("NPR", "Nepalese rupee", 2),
        new("NZD", "New Zealand dollar", 2), new("OMR", "Rial omani", 3), new("PAB", "Balboa", 2), new("PEN", "Sol", 2),
        new("PGK", "Kina", 2), new("PHP", "Philippine peso", 2), new("PKR", "Pakistan rupee", 2), new("PLN", "Zloty", 2),
        new("PYG", "Guarani", 0), new("QAR", "Qatari rial", 2), new("RON", "Romanian leu", 2), new("RSD", "Serbian dinar", 2),
        new("RUB", "Russian ruble", 2), new("RWF", "Rwanda franc", 0), new("SAR", "Saudi riyal", 2),
        new("SBD", "Solomon Islands dollar", 2), new("SCR", "Seychelles rupee", 2), new("SDG", "Sudanese pound", 2),
        new("SEK", "Swedish krona", 2), new("SGD", "Singapore dollar", 2), new("SHP", "Saint Helena pound", 2),
        new("SLE", "Leone", 2), new("SOL", "Solana", 9), new("SOS", "Somali shilling", 2), new("SRD", "Surinam dollar", 2),
        new("SSP", "South Sudanese pound", 2), new("STN", "Dobra", 2), new("SVC", "El Salvador colon", 2),
        new("SYP", "Syrian pound", 2), new("SZL", "Lilangeni", 2), new("THB", "Baht", 2), new("TJS", "Somoni", 2),
        new("TMT", "Turkmenistan new manat", 2), new("TND", "Tunisian dinar", 3), new("TOP", "Pa’anga", 2), new("TRX", "Tron", 6),
        new("TRY", "Turkish lira", 2), new("TTD", "Trinidad and Tobago dollar", 2), new("TWD", "New Taiwan dollar", 2),
        new("TZS", "Tanzanian shilling", 2), new("UAH", "Hryvnia", 2), new("UGX", "Uganda shilling", 0),
        new("USD", "US dollar", 2), new("USDC", "USD Coin", 6), new("USDT", "Tether", 6), new("UYU", "Peso uruguayo", 2),
        new("UYW", "Unidad previsional", 4), new("UZS", "Uzbekistan sum", 2), new("VED", "Bolívar digital", 2),
        new("VES", "Bolívar soberano", 2), new("VND", "Dong", 0), new("VUV", "Vatu", 0), new("WST", "Tala", 2),
        new("XAF", "CFA franc BEAC", 0), new("XCD", "East Caribbean dollar", 2), new("XCG", "Caribbean guilder", 2),
        new("XOF", "CFA franc BCEAO", 0), new("XPF", "CFP franc", 0), new("YER", "Yemeni rial", 2), new("ZAR", "Rand", 2),
        new("ZMW", "Zambian kwacha", 2), new("ZWG", "Zimbabwe gold", 2),
    ];

    private static readonly FrozenDictionary<string, Currency> ByCode = All.ToFrozenDictionary(
        currency => currency.Code, StringComparer.Ordinal);

    /// <summary>Finds the currency with a code; <c>null</c> when the code is unknown.</summary>
    public static Currency? Find(string code) => ByCode.GetValueOrDefault(code);

    /// <summary>Returns the currency with a code.</summary>
    /// <exception cref="ArgumentException">The code is unknown.</exception>
    public static Currency Of(string code) => Find(code) ?? throw new ArgumentException($"{code} is no currency.", nameof(code));
}
