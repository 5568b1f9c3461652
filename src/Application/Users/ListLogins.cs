using AutoMapper;
using AutoMapper.QueryableExtensions;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Lists the accounts of providers with which the caller can sign in.</summary>
[Authenticated]
public sealed record ListLogins : IQuery<Page<LoginDto>>;

/// <summary>An account of a provider with which the caller can sign in.</summary>
/// <example>{"provider":"google","linkedAt":"2026-11-21T10:00:00.123Z"}</example>
public sealed record LoginDto
{
    /// <summary>The name of the provider.</summary>
    public string Provider { get; init; } = "";

    public DateTimeOffset LinkedAt { get; init; }
}

internal sealed class LoginProfile : Profile
{
    public LoginProfile() => CreateMap<ExternalLogin, LoginDto>();
}

internal sealed class ListLoginsHandler(IAppDbContext db, ICurrentUser caller, IMapper mapper) : IQueryHandler<ListLogins, Page<LoginDto>>
{
    public async Task<Result<Page<LoginDto>>> Handle(ListLogins query, CancellationToken cancellationToken)
    {
        var logins = await db.Set<ExternalLogin>().Where(l => l.UserId == caller.Id).OrderBy(l => l.Provider)
            .ProjectTo<LoginDto>(mapper.ConfigurationProvider)
            .ToListAsync(cancellationToken);
        return new Page<LoginDto>(logins, NextCursor: null);
    }
}
