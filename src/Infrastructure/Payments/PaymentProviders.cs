using Portico.Application.Payments;
using Portico.Domain.Payments;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Ledger;

namespace Portico.Infrastructure.Payments;

/// <summary>The providers that the settings configure.</summary>
internal sealed class PaymentProviders(
    PaymentSettings settings, LedgerSettings ledger, StripeSettings stripeSettings, YookassaSettings yookassaSettings,
    Lazy<StripeProvider> stripe, Lazy<YookassaProvider> yookassa)
    : IPaymentProviders
{
    private readonly HashSet<string> _returnOrigins =
        settings.ReturnOrigins.Select(origin => new Uri(origin).AsciiOrigin()).ToHashSet(StringComparer.OrdinalIgnoreCase);

    public int MaxOpen => settings.MaxOpen;

    public decimal MaxAmount => ledger.MaxMovement;

    public TimeSpan Lifetime => settings.Lifetime;

    public IPaymentProvider? Find(PaymentProvider provider) => provider switch
    {
        PaymentProvider.Stripe when stripeSettings.IsOn => stripe.Value,
        PaymentProvider.Yookassa when yookassaSettings.IsOn => yookassa.Value,
        _ => null,
    };

    public bool AllowsReturnTo(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 && uri.HasAsciiForm()
        && _returnOrigins.Contains(uri.AsciiOrigin());
}
