using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Tells a person that their password is another one, in case it was not they who changed it.</summary>
internal sealed class TellOfNewPassword(ILetterBox letterBox) : IReactTo<UserPasswordChanged>
{
    public static string Name => "tell-of-new-password";

    public Task Handle(Occurrence<UserPasswordChanged> occurrence, CancellationToken cancellationToken) =>
        letterBox.Post(occurrence.Id, occurrence.Event.UserId, Letter.PasswordChanged(occurrence.At), cancellationToken);
}
