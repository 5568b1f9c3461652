using AutoMapper;
using Portico.Application.Common.Records;
using Portico.Domain.Characters;

namespace Portico.Application.Characters;

/// <summary>A game character as its owner sees it.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","ownerId":"01a1fc7e-0000-7915-aa3f-8ae82c4c4ddd","name":"Mira Stormwind","class":"wizard",
/// "level":3,"strength":8,"dexterity":14,"constitution":12,"intelligence":17,"wisdom":13,"charisma":10,
/// "createdAt":"2026-11-21T10:00:00.123Z","updatedAt":null,"deletedAt":null,"version":"AAAAAAAAAAE"}
/// </example>
public sealed record CharacterDto : IVersionedDto
{
    public Guid Id { get; init; }
    public Guid OwnerId { get; init; }
    public string Name { get; init; } = "";
    public string Class { get; init; } = "";
    public int Level { get; init; }
    public int Strength { get; init; }
    public int Dexterity { get; init; }
    public int Constitution { get; init; }
    public int Intelligence { get; init; }
    public int Wisdom { get; init; }
    public int Charisma { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Opaque; the <c>ETag</c> is this text in quotes.</summary>
    public string Version { get; init; } = "";
}

internal sealed class CharacterProfile : Profile
{
    public CharacterProfile() =>
        CreateMap<Character, CharacterDto>().ForMember(dto => dto.Version, map => map.MapFrom(c => RecordVersion.Write(c.Version)));
}
