using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Tells a person that somebody signed in to their account from where nobody had before.</summary>
internal sealed class TellOfNewDevice(ILetterBox letterBox) : IReactTo<UserNewDeviceUsed>
{
    public static string Name => "tell-of-new-device";

    public Task Handle(Occurrence<UserNewDeviceUsed> occurrence, CancellationToken cancellationToken)
    {
        var (userId, device, ipAddress) = occurrence.Event;
        return letterBox.Post(occurrence.Id, userId, Letter.NewDevice(device, ipAddress ?? "–", occurrence.At), cancellationToken);
    }
}
