using AutoMapper;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Characters;
using Portico.Domain.Common;

namespace Portico.Application.Characters;

/// <summary>Creates a character of the caller.</summary>
/// <example>
/// {"name":"Mira Stormwind","class":"wizard","level":3,"strength":8,"dexterity":14,"constitution":12,"intelligence":17,"wisdom":13,
/// "charisma":10}
/// </example>
[Authenticated]
public sealed record CreateCharacter : CharacterFields, ICommand<CharacterDto>;

internal sealed class CreateCharacterValidator : CharacterFieldsValidator<CreateCharacter>;

internal sealed class CreateCharacterHandler(
    IAppDbContext db, IRecordLimits limits, ICurrentUser caller, IMapper mapper, TimeProvider clock)
    : ICommandHandler<CreateCharacter, CharacterDto>
{
    public async Task<Result<CharacterDto>> Handle(CreateCharacter command, CancellationToken cancellationToken)
    {
        if (await limits.RefuseNew(db.Set<Character>(), CharacterErrors.TooMany, cancellationToken) is { } refusal)
            return refusal;

        var character = Character.Create(caller.Id, command.ToSheet(), clock.GetUtcNow());
        db.Set<Character>().Add(character);
        await db.SaveChangesAsync(cancellationToken);
        return mapper.Map<CharacterDto>(character);
    }
}
