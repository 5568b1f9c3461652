using Portico.Domain.Currencies;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Payments;

/// <summary>Settings of payments by Stripe; without a secret key there are none.</summary>
public sealed class StripeSettings : ISettings
{
    // Stripe has other minor units of them than ISO 4217, or wants their last digit to be 0.
    private static readonly HashSet<string> OtherUnits =
        new(["BHD", "IQD", "ISK", "JOD", "KWD", "LYD", "MGA", "OMR", "TND", "UGX"], StringComparer.Ordinal);

    public static string Section => "Payments:Stripe";

    /// <summary>The secret or restricted key of the API; a secret.</summary>
    public string SecretKey { get; init; } = "";

    /// <summary>The signing secret of the endpoint that Stripe sends events to; a secret.</summary>
    public string WebhookSecret { get; init; } = "";

    /// <summary>The server of the API.</summary>
    public string ApiUrl { get; init; } = "https://api.stripe.com";

    /// <summary>The codes of the currencies that payments are taken in.</summary>
    public string[] Currencies { get; init; } = [];

    internal bool IsOn => SecretKey.Length > 0;

    public IEnumerable<string> Problems()
    {
        if (!IsOn)
        {
            if (WebhookSecret.Length > 0)
                yield return "Payments:Stripe:SecretKey is missing, but Payments:Stripe:WebhookSecret is set.";
            yield break;
        }

        if (!SecretKey.StartsWith("sk_", StringComparison.Ordinal) && !SecretKey.StartsWith("rk_", StringComparison.Ordinal))
            yield return "Payments:Stripe:SecretKey must be a secret key (sk_…) or a restricted key (rk_…) of Stripe.";
        if (!WebhookSecret.StartsWith("whsec_", StringComparison.Ordinal))
            yield return "Payments:Stripe:WebhookSecret must be the signing secret (whsec_…) of the webhook endpoint.";
        if (AsciiUrls.ProblemOfServer("Payments:Stripe:ApiUrl", ApiUrl) is { } problem)
            yield return problem;
        foreach (var wrong in PaymentSettings.ProblemsOfCurrencies("Payments:Stripe:Currencies", Currencies, IsPossible))
            yield return wrong;
    }

    private static bool IsPossible(Currency currency) => currency.Decimals <= 2 && !OtherUnits.Contains(currency.Code);
}
