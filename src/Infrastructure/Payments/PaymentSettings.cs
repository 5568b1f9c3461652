using System.ComponentModel.DataAnnotations;
using Portico.Domain.Currencies;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Payments;

/// <summary>Settings of payments, whatever the provider.</summary>
public sealed class PaymentSettings : ISettings
{
    public static string Section => "Payments";

    /// <summary>Origins of the pages that users may return to after paying, such as <c>https://app.example.com</c>.</summary>
    public string[] ReturnOrigins { get; init; } = [];

    /// <summary>How many payments of a user may be in progress.</summary>
    [Range(1, 1_000)]
    public int MaxOpen { get; init; } = 20;

    /// <summary>How long a payment is looked after that nobody pays; then it is canceled.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "30.00:00:00")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(3);

    /// <summary>How long one call to a provider may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:20")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How often payments and notifications are looked for that another process left.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long notifications of providers are kept.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "366.00:00:00")]
    public TimeSpan WebhookRetention { get; init; } = TimeSpan.FromDays(30);

    public IEnumerable<string> Problems()
    {
        foreach (var (index, origin) in ReturnOrigins.Index())
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.GetLeftPart(UriPartial.Authority) != origin
                || !uri.HasAsciiForm()
                || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)))
            {
                yield return $"Payments:ReturnOrigins:{index} must be an https origin without a path, such as https://app.example.com, "
                    + $"with http for localhost only; it is '{origin}'.";
            }
        }
    }

    /// <summary>The problems of a list of currencies.</summary>
    internal static IEnumerable<string> ProblemsOfCurrencies(string setting, string[] codes, Func<Currency, bool> isPossible)
    {
        if (codes.Length == 0)
            yield return $"{setting} must name at least one currency, such as {setting}:0=EUR.";
        foreach (var (index, code) in codes.Index())
        {
            if (Currency.Find(code) is not { } currency || !isPossible(currency))
            {
                yield return $"{setting}:{index} must be the code of a currency that the provider takes in its minor units; "
                    + $"it is '{code}'.";
            }
        }
    }
}
