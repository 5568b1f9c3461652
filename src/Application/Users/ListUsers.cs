using AutoMapper;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Lists the users, newest first; for administrators.</summary>
[RequirePermission(Permissions.UsersRead)]
public sealed record ListUsers : PagedQuery<AccountDto>
{
    /// <summary>
    /// 1 to 100 characters: beginnings of words of the name, the beginning of the e-mail address, the first or last digits of the phone
    /// number (3 or more), or the id.
    /// </summary>
    public string? Search { get; init; }

    public Role? Role { get; init; }

    /// <summary>Only users with this status; without it all users who are not deleted.</summary>
    public AccountStatus? Status { get; init; }
}

/// <summary>The last user of a page; ids sort by the time of registration.</summary>
internal sealed record UserPosition(Guid Id);

internal sealed class ListUsersValidator : PagedValidator<ListUsers, UserPosition>
{
    public ListUsersValidator()
    {
        RuleFor(q => q.Search).IsSearch();
        RuleFor(q => q.Role).IsInEnum();
        RuleFor(q => q.Status).IsInEnum();
    }
}

internal sealed class ListUsersHandler(IAppDbContext db, IUserSearch search, IMapper mapper) : IQueryHandler<ListUsers, Page<AccountDto>>
{
    public async Task<Result<Page<AccountDto>>> Handle(ListUsers query, CancellationToken cancellationToken)
    {
        Guid? before = Cursor.TryRead<UserPosition>(query.Cursor, out var position) ? position.Id : null;
        // One extra row shows whether there is a next page.
        var users = query.Search is { } text
            ? await Load(await search.Find(text, query.Role, query.Status, before, query.Limit + 1, cancellationToken), cancellationToken)
            : await List(query, before, query.Limit + 1, cancellationToken);
        return Page.Of(users, query.Limit, mapper.Map<AccountDto>, last => Cursor.Write(new UserPosition(last.Id)));
    }

    private Task<List<User>> Load(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        db.Users.AsNoTracking().WithDeleted().Where(u => ids.Contains(u.Id)).OrderByDescending(u => u.Id).ToListAsync(cancellationToken);

    private Task<List<User>> List(ListUsers query, Guid? before, int limit, CancellationToken cancellationToken)
    {
        var users = db.Users.AsNoTracking();
        if (query.Role is { } role)
            users = users.Where(u => u.Role == role);
        users = query.Status switch
        {
            AccountStatus.Active => users.Where(u => u.Status == UserStatus.Active),
            AccountStatus.Blocked => users.Where(u => u.Status == UserStatus.Blocked),
            AccountStatus.Deleted => users.WithDeleted().Where(u => u.DeletedAt != null),
            _ => users,
        };
        if (before is { } last)
            users = users.Where(u => u.Id < last);
        return users.OrderByDescending(u => u.Id).Take(limit).ToListAsync(cancellationToken);
    }
}
