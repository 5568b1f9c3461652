using AutoMapper;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Characters;
using Portico.Domain.Common;

namespace Portico.Application.Characters;

/// <summary>Lists the caller's characters, newest first unless the query asks for another order.</summary>
[Authenticated]
public sealed record ListCharacters : PagedQuery<CharacterDto>, ISorted, IIncludesDeleted
{
    /// <summary>A part of the name, in upper or lower case; 1 to 100 characters.</summary>
    public string? Search { get; init; }

    /// <summary>Only characters of this class.</summary>
    public string? Class { get; init; }

    public int? MinLevel { get; init; }
    public int? MaxLevel { get; init; }

    /// <summary>createdAt, name, class or level; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }

    /// <summary>Lists the deleted characters of all users instead; for administrators.</summary>
    public bool Deleted { get; init; }

    internal static readonly Sorts<Character> Sorts =
        new Sorts<Character>("-createdAt").By(c => c.CreatedAt).By(c => c.Name).By(c => c.Class).By(c => c.Level);
}

internal sealed class ListCharactersValidator : SortedValidator<ListCharacters, Character>
{
    public ListCharactersValidator()
        : base(ListCharacters.Sorts) => RuleFor(q => q.Search).IsSearch();
}

internal sealed class ListCharactersHandler(IAppDbContext db, IMapper mapper) : IQueryHandler<ListCharacters, Page<CharacterDto>>
{
    public async Task<Result<Page<CharacterDto>>> Handle(ListCharacters query, CancellationToken cancellationToken)
    {
        var characters = db.Set<Character>().AsNoTracking().Shown(query);
        if (query.Search is { } text)
            characters = characters.Containing(c => c.Name, text);
        if (query.Class is { } only)
            characters = characters.Where(c => c.Class == only);
        if (query.MinLevel is { } lowest)
            characters = characters.Where(c => c.Level >= lowest);
        if (query.MaxLevel is { } highest)
            characters = characters.Where(c => c.Level <= highest);
        return await ListCharacters.Sorts.Read(characters, query, mapper.Map<CharacterDto>, cancellationToken);
    }
}
