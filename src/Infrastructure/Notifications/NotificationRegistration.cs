using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Notifications;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.Notifications;

internal static class NotificationRegistration
{
    public static IServiceCollection AddNotifications(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<MailSettings>(configuration);
        var settings = configuration.ReadSettingsOrDefaults<MailSettings>();
        if (!string.IsNullOrEmpty(settings.Mailbox))
            services.AddSingleton<IMessageChannel, MailboxChannel>();
        else
            services.AddSingleton<IMessageChannel, SmtpChannel>();

        if (string.IsNullOrEmpty(settings.Mailbox) && !string.IsNullOrEmpty(settings.Sms.Url))
            AddSmsGateway(services, settings.Sms);

        services.AddSingleton<MessageQueue>();
        services.AddSingleton<IMessageSender>(provider => provider.GetRequiredService<MessageQueue>());
        services.AddHostedService(provider => provider.GetRequiredService<MessageQueue>());

        services.AddSingleton<NotificationStore>();
        services.AddSingleton<INotificationHistory, NotificationHistory>();
        services.AddSingleton<NotificationSignal>();
        services.AddScoped<INotificationQueue, NotificationQueue>();
        services.AddSingleton<MessageMetrics>();
        services.AddHostedService<NotificationDelivery>();
        services.AddSingleton(new RetentionRule("messages", "done_at", TimeSpan.FromDays(7), "status = 'sent'"));
        services.AddSingleton(new RetentionRule("messages", "done_at", TimeSpan.FromDays(90), "status = 'dead'"));
        return services;
    }

    private static void AddSmsGateway(IServiceCollection services, SmsSettings settings) => services
        .AddHttpClient<IMessageChannel, SmsChannel>(http =>
        {
            http.Timeout = settings.Timeout;
            http.MaxResponseContentBufferSize = SmsChannel.MaxAnswerBytes;
        })
        // The URL may contain a password and the message: it goes into no log and no trace, and to no other host.
        .UseSocketsHttpHandler((handler, _) =>
        {
            handler.ActivityHeadersPropagator = null;
            handler.AllowAutoRedirect = false;
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2);
        })
        .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
        .RemoveAllLoggers();
}
