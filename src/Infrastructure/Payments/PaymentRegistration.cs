using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Portico.Application.Ledger;
using Portico.Application.Payments;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Ledger;

namespace Portico.Infrastructure.Payments;

/// <summary>Registers payments.</summary>
public static class PaymentRegistration
{
    /// <summary>Adds payments by the providers that the settings configure.</summary>
    public static IServiceCollection AddPayments(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddPaymentWork(configuration);
        services.AddSettings<StripeSettings>(configuration);
        services.AddSettings<YookassaSettings>(configuration);
        services.AddSingleton<StripeProvider>();
        services.AddSingleton<YookassaProvider>();
        services.AddSingleton(provider => new Lazy<StripeProvider>(provider.GetRequiredService<StripeProvider>));
        services.AddSingleton(provider => new Lazy<YookassaProvider>(provider.GetRequiredService<YookassaProvider>));
        services.AddSingleton<IPaymentProviders, PaymentProviders>();
        services.AddSingleton<Webhooks>();
        services.AddSingleton<IWebhooks>(provider => provider.GetRequiredService<Webhooks>());
        services.AddScoped<IStoredWebhooks, StoredWebhooks>();
        services.AddSingleton(provider => new RetentionRule(
            "payment_webhooks", "received_at", provider.GetRequiredService<PaymentSettings>().WebhookRetention));
        if (configuration.ReadSettingsOrDefaults<StripeSettings>().IsOn || configuration.ReadSettingsOrDefaults<YookassaSettings>().IsOn)
            services.AddHostedService<PaymentWorker>();

        return services;
    }

    /// <summary>Adds the work on payments, without a provider.</summary>
    public static IServiceCollection AddPaymentWork(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton<ILedgerRecords, LedgerRecords>();
        return services.AddSettings<PaymentSettings>(configuration)
            .AddSingleton<PaymentSignal>()
            .AddScoped<PaymentWork>()
            .AddScoped<IPaymentWork>(provider => provider.GetRequiredService<PaymentWork>());
    }
}
