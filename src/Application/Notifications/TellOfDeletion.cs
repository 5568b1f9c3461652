using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Tells a person that their account is gone, while it can still be brought back.</summary>
internal sealed class TellOfDeletion(ILetterBox letterBox) : IReactTo<UserDeleted>
{
    public static string Name => "tell-of-deletion";

    public Task Handle(Occurrence<UserDeleted> occurrence, CancellationToken cancellationToken) =>
        letterBox.Post(occurrence.Id, occurrence.Event.UserId, Letter.AccountDeleted(occurrence.At), cancellationToken);
}
