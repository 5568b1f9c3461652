using AutoMapper;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Characters;
using Portico.Domain.Common;

namespace Portico.Application.Characters;

/// <summary>Restores a deleted character of the caller.</summary>
[Authenticated]
public sealed record RestoreCharacter(Guid Id) : ICommand<CharacterDto>;

internal sealed class RestoreCharacterHandler(IAppDbContext db, IRecordLimits limits, IMapper mapper)
    : ICommandHandler<RestoreCharacter, CharacterDto>
{
    public async Task<Result<CharacterDto>> Handle(RestoreCharacter command, CancellationToken cancellationToken)
    {
        var found = await db.Set<Character>().WithDeleted().Get(command.Id, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;
        if (found.Value.DeletedAt is not null
            && await limits.RefuseRestored(db.Set<Character>(), CharacterErrors.TooMany, cancellationToken) is { } tooMany)
            return tooMany;

        found.Value.Restore();
        await db.SaveChangesAsync(cancellationToken);
        return mapper.Map<CharacterDto>(found.Value);
    }
}
