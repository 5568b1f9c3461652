using FluentValidation;
using Portico.Application.Common.Security;
using Portico.Domain.Characters;

namespace Portico.Application.Characters;

/// <summary>The fields of a character that its owner sets.</summary>
public abstract record CharacterFields
{
    public required string Name { get; init; }
    public required string Class { get; init; }
    public required int Level { get; init; }
    public required int Strength { get; init; }
    public required int Dexterity { get; init; }
    public required int Constitution { get; init; }
    public required int Intelligence { get; init; }
    public required int Wisdom { get; init; }
    public required int Charisma { get; init; }

    internal CharacterSheet ToSheet() =>
        new(Name.Trim(), Class.Trim(), Level, Strength, Dexterity, Constitution, Intelligence, Wisdom, Charisma);
}

internal abstract class CharacterFieldsValidator<TRequest> : AbstractValidator<TRequest>
    where TRequest : CharacterFields
{
    protected CharacterFieldsValidator()
    {
        RuleFor(c => c.Name).IsLine(Character.MaxNameLength);
        RuleFor(c => c.Class).IsLine(Character.MaxClassLength);
        RuleFor(c => c.Level).InclusiveBetween(1, Character.MaxLevel).WithMessage($"A level is 1 to {Character.MaxLevel}.");
        RuleFor(c => c.Strength).InclusiveBetween(1, Character.MaxAbility).WithMessage(Ability);
        RuleFor(c => c.Dexterity).InclusiveBetween(1, Character.MaxAbility).WithMessage(Ability);
        RuleFor(c => c.Constitution).InclusiveBetween(1, Character.MaxAbility).WithMessage(Ability);
        RuleFor(c => c.Intelligence).InclusiveBetween(1, Character.MaxAbility).WithMessage(Ability);
        RuleFor(c => c.Wisdom).InclusiveBetween(1, Character.MaxAbility).WithMessage(Ability);
        RuleFor(c => c.Charisma).InclusiveBetween(1, Character.MaxAbility).WithMessage(Ability);
    }

    private static string Ability => $"An ability is 1 to {Character.MaxAbility}.";
}
