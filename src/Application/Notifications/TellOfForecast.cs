using Portico.Application.Common.Events;
using Portico.Domain.Forecasts;

namespace Portico.Application.Notifications;

/// <summary>Tells a forecaster what their forecast came to.</summary>
internal sealed class TellOfForecast(ILetterBox letterBox) : IReactTo<ForecastSettled>
{
    public static string Name => "tell-of-forecast";

    public Task Handle(Occurrence<ForecastSettled> occurrence, CancellationToken cancellationToken)
    {
        var settled = occurrence.Event;
        return letterBox.Post(
            occurrence.Id, settled.UserId, Letter.ForecastSettled(settled.EventTitle, settled.Forecast, settled.Result, settled.Points), cancellationToken);
    }
}
