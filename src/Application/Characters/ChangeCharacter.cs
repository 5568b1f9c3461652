using System.Text.Json.Serialization;
using AutoMapper;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Characters;
using Portico.Domain.Common;

namespace Portico.Application.Characters;

/// <summary>Changes one of the caller's characters if it has the version that the caller has read.</summary>
/// <example>
/// {"name":"Mira Stormwind","class":"wizard","level":4,"strength":8,"dexterity":14,"constitution":12,"intelligence":18,"wisdom":13,
/// "charisma":10}
/// </example>
[Authenticated]
public sealed record ChangeCharacter : CharacterFields, ICommand<CharacterDto>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    [JsonIgnore]
    public IfMatch IfMatch { get; init; } = IfMatch.Missing;
}

internal sealed class ChangeCharacterValidator : CharacterFieldsValidator<ChangeCharacter>;

internal sealed class ChangeCharacterHandler(IAppDbContext db, IMapper mapper) : ICommandHandler<ChangeCharacter, CharacterDto>
{
    public async Task<Result<CharacterDto>> Handle(ChangeCharacter command, CancellationToken cancellationToken)
    {
        var found = await db.Set<Character>().Get(command.Id, command.IfMatch, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        found.Value.Change(command.ToSheet());
        await db.SaveChangesAsync(cancellationToken);
        return mapper.Map<CharacterDto>(found.Value);
    }
}
