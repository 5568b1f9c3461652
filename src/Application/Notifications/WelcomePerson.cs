using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Welcomes whoever signed up.</summary>
internal sealed class WelcomePerson(ILetterBox letterBox) : IReactTo<UserRegistered>
{
    public static string Name => "welcome-person";

    public Task Handle(Occurrence<UserRegistered> occurrence, CancellationToken cancellationToken) =>
        letterBox.Post(occurrence.Id, occurrence.Event.UserId, Letter.Welcome(occurrence.Event.DisplayName), cancellationToken);
}
