using AutoMapper;
using AutoMapper.QueryableExtensions;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Lists the passkeys of the caller, oldest first.</summary>
[Authenticated]
public sealed record ListPasskeys : IQuery<Page<PasskeyDto>>;

/// <summary>A passkey of the caller.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","name":"Phone","createdAt":"2026-11-21T10:00:00.123Z","lastUsedAt":null}
/// </example>
public sealed record PasskeyDto
{
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? LastUsedAt { get; init; }
}

internal sealed class PasskeyProfile : Profile
{
    public PasskeyProfile() => CreateMap<Passkey, PasskeyDto>();
}

internal sealed class ListPasskeysHandler(IAppDbContext db, ICurrentUser caller, IMapper mapper)
    : IQueryHandler<ListPasskeys, Page<PasskeyDto>>
{
    public async Task<Result<Page<PasskeyDto>>> Handle(ListPasskeys query, CancellationToken cancellationToken)
    {
        var passkeys = await db.Set<Passkey>().Where(p => p.UserId == caller.Id).OrderBy(p => p.Id)
            .ProjectTo<PasskeyDto>(mapper.ConfigurationProvider)
            .ToListAsync(cancellationToken);
        return new Page<PasskeyDto>(passkeys, NextCursor: null);
    }
}
