using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Notifications;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Notifications;

internal static class NotificationRegistration
{
    public static IServiceCollection AddNotifications(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<MailSettings>(configuration);
        var settings = configuration.GetSection(MailSettings.Section).Get<MailSettings>() ?? new MailSettings();
        if (!string.IsNullOrEmpty(settings.Mailbox))
            services.AddSingleton<IMessageChannel, MailboxChannel>();
        else
            services.AddSingleton<IMessageChannel, SmtpChannel>();

        if (string.IsNullOrEmpty(settings.Mailbox) && settings.Sms.Url is not null)
            services.AddHttpClient<IMessageChannel, SmsChannel>(http => http.Timeout = settings.Smtp.Timeout);

        services.AddSingleton<MessageQueue>();
        services.AddSingleton<IMessageSender>(provider => provider.GetRequiredService<MessageQueue>());
        services.AddHostedService(provider => provider.GetRequiredService<MessageQueue>());

        services.AddSingleton<NotificationStore>();
        services.AddSingleton<INotificationHistory, NotificationHistory>();
        services.AddSingleton<NotificationSignal>();
        services.AddScoped<INotificationQueue, NotificationQueue>();
        services.AddSingleton<MessageMetrics>();
        services.AddHostedService<NotificationDelivery>();
        return services;
    }
}
