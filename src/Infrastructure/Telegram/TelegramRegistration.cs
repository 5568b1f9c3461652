using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Telegram;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Notifications;

namespace Portico.Infrastructure.Telegram;

internal static class TelegramRegistration
{
    public static IServiceCollection AddTelegram(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TelegramSettings>(configuration);
        services.AddSingleton<ITelegramBot>(provider => provider.GetRequiredService<TelegramSettings>());
        if (!configuration.ReadSettingsOrDefaults<TelegramSettings>().IsOn)
            return services;

        services.AddSingleton<TelegramApi>();
        services.AddSingleton<TelegramLease>();
        services.AddSingleton<IChatChannel, TelegramChannel>();
        return services.AddHostedService<TelegramUpdates>();
    }
}
