using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Tells a person that they are kept out, and not why: that stays between administrators.</summary>
internal sealed class TellOfBlock(ILetterBox letterBox) : IReactTo<UserBlocked>
{
    public static string Name => "tell-of-block";

    public Task Handle(Occurrence<UserBlocked> occurrence, CancellationToken cancellationToken) =>
        letterBox.Post(occurrence.Id, occurrence.Event.UserId, Letter.AccountBlocked(occurrence.At), cancellationToken);
}
