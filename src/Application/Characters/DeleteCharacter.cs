using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Characters;
using Portico.Domain.Common;

namespace Portico.Application.Characters;

/// <summary>Deletes one of the caller's characters; it can be restored.</summary>
[Authenticated]
public sealed record DeleteCharacter(Guid Id, IfMatch IfMatch) : ICommand<Unit>;

internal sealed class DeleteCharacterHandler(IAppDbContext db) : ICommandHandler<DeleteCharacter, Unit>
{
    public async Task<Result<Unit>> Handle(DeleteCharacter command, CancellationToken cancellationToken)
    {
        var found = await db.Set<Character>().Get(command.Id, command.IfMatch, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        db.Set<Character>().Remove(found.Value);
        return Unit.Value;
    }
}
