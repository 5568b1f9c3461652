using System.Net;
using System.Text.RegularExpressions;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Payments;

/// <summary>Settings of payments by YooKassa; without a secret key there are none.</summary>
public sealed partial class YookassaSettings : ISettings
{
    private const string OwnApi = "https://api.yookassa.ru";

    // https://yookassa.ru/developers/using-api/webhooks
    private static readonly string[] OwnNetworks =
    [
        "185.71.76.0/27", "185.71.77.0/27", "77.75.153.0/25", "77.75.154.128/25", "77.75.156.11/32", "77.75.156.35/32", "2a02:5180::/32",
    ];

    public static string Section => "Payments:Yookassa";

    /// <summary>The id of the shop.</summary>
    public string ShopId { get; init; } = "";

    /// <summary>The secret key of the API; a secret.</summary>
    public string SecretKey { get; init; } = "";

    /// <summary>The server of the API.</summary>
    public string ApiUrl { get; init; } = OwnApi;

    /// <summary>The codes of the currencies that payments are taken in.</summary>
    public string[] Currencies { get; init; } = [];

    /// <summary>
    /// The networks that notifications are taken from; empty for those that YooKassa publishes, or for any when the API is another server.
    /// </summary>
    public string[] Networks { get; init; } = [];

    internal bool IsOn => SecretKey.Length > 0;

    public IEnumerable<string> Problems()
    {
        if (!IsOn)
        {
            if (ShopId.Length > 0)
                yield return "Payments:Yookassa:SecretKey is missing, but Payments:Yookassa:ShopId is set.";
            yield break;
        }

        if (!Digits().IsMatch(ShopId))
            yield return $"Payments:Yookassa:ShopId must be the number of the shop; it is '{ShopId}'.";
        if (AsciiUrls.ProblemOfServer("Payments:Yookassa:ApiUrl", ApiUrl) is { } problem)
            yield return problem;
        foreach (var wrong in PaymentSettings.ProblemsOfCurrencies("Payments:Yookassa:Currencies", Currencies, c => c.Decimals <= 2))
            yield return wrong;
        foreach (var (index, text) in Networks.Index())
        {
            if (!IPNetwork.TryParse(text, out _))
                yield return $"Payments:Yookassa:Networks:{index} must be a network, such as 185.71.76.0/27; it is '{text}'.";
        }
    }

    internal bool IsFrom(IPAddress? address)
    {
        var networks = Networks.Length == 0 && new Uri(ApiUrl) == new Uri(OwnApi) ? OwnNetworks : Networks;
        if (networks.Length == 0)
            return true;
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && networks.Any(network => IPNetwork.Parse(network).Contains(plain));
    }

    [GeneratedRegex(@"\A[0-9]{1,20}\z", RegexOptions.None, 100)]
    private static partial Regex Digits();
}
