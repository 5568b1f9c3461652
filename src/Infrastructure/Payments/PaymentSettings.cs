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
    public int MaxOpen { get; init; } = 20;

    /// <summary>How long a payment is looked after that nobody pays; then it is canceled.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(3);

    /// <summary>How long one call to a provider may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How often payments and notifications are looked for that another process left.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long notifications of providers are kept.</summary>
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

        if (MaxOpen is < 1 or > 1_000)
            yield return $"Payments:MaxOpen must be between 1 and 1000; it is {MaxOpen}.";
        if (Lifetime < TimeSpan.FromHours(1) || Lifetime > TimeSpan.FromDays(30))
            yield return $"Payments:Lifetime must be between 1 hour and 30 days; it is {Lifetime}.";
        if (Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromSeconds(20))
            yield return $"Payments:Timeout must be between 0.1 and 20 seconds; it is {Timeout}.";
        if (PollInterval < TimeSpan.FromMilliseconds(50) || PollInterval > TimeSpan.FromMinutes(5))
            yield return $"Payments:PollInterval must be between 50 ms and 5 minutes; it is {PollInterval}.";
        if (WebhookRetention < TimeSpan.FromDays(1) || WebhookRetention > TimeSpan.FromDays(366))
            yield return $"Payments:WebhookRetention must be between 1 and 366 days; it is {WebhookRetention}.";
    }

    /// <summary>The problem of the address of a provider's API, or <c>null</c>.</summary>
    internal static string? ProblemOfUrl(string setting, string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.PathAndQuery == "/"
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            ? null
            : $"{setting} must be an https address without a path, with http for localhost only; it is '{url}'.";

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
