using AutoMapper;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Characters;
using Portico.Domain.Common;

namespace Portico.Application.Characters;

/// <summary>Gets one of the caller's characters.</summary>
[Authenticated]
public sealed record GetCharacter(Guid Id, bool Deleted) : IQuery<CharacterDto>, IIncludesDeleted;

internal sealed class GetCharacterHandler(IAppDbContext db, IMapper mapper) : IQueryHandler<GetCharacter, CharacterDto>
{
    public async Task<Result<CharacterDto>> Handle(GetCharacter query, CancellationToken cancellationToken)
    {
        var found = await db.Set<Character>().AsNoTracking().Shown(query).Get(query.Id, cancellationToken);
        return found.Error is { } refusal ? refusal : mapper.Map<CharacterDto>(found.Value);
    }
}
