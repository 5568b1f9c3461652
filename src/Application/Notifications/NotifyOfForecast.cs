using Portico.Application.Common.Events;
using Portico.Domain.Forecasts;

namespace Portico.Application.Notifications;

/// <summary>Notifies a forecaster about the settlement of the forecast.</summary>
internal sealed class NotifyOfForecast(INotificationQueue notifications) : IEventHandler<ForecastSettled>
{
    public static string Name => "notify-of-forecast";

    public Task Handle(EventEnvelope<ForecastSettled> envelope, CancellationToken cancellationToken)
    {
        var settled = envelope.Event;
        return notifications.Enqueue(
            envelope.Id, settled.UserId, Notification.ForecastSettled(settled.EventTitle, settled.Forecast, settled.Result, settled.Points),
            cancellationToken);
    }
}
