using Portico.Domain.Common;

namespace Portico.Domain.Characters;

/// <summary>A game character of a user.</summary>
public sealed class Character : OwnedRecord, IPurgeable
{
    public const int MaxNameLength = 100;
    public const int MaxClassLength = 50;
    public const int MaxLevel = 20;
    public const int MaxAbility = 30;

    private Character(Guid id, Guid ownerId)
        : base(id, ownerId)
    {
    }

    public string Name { get; private set; } = "";
    public string Class { get; private set; } = "";
    public int Level { get; private set; }
    public int Strength { get; private set; }
    public int Dexterity { get; private set; }
    public int Constitution { get; private set; }
    public int Intelligence { get; private set; }
    public int Wisdom { get; private set; }
    public int Charisma { get; private set; }

    public static Character Create(Guid ownerId, CharacterSheet sheet, DateTimeOffset now)
    {
        var character = new Character(Ids.New(now), ownerId);
        character.Change(sheet);
        return character;
    }

    public void Change(CharacterSheet sheet)
    {
        (Name, Class, Level) = (sheet.Name, sheet.Class, sheet.Level);
        (Strength, Dexterity, Constitution) = (sheet.Strength, sheet.Dexterity, sheet.Constitution);
        (Intelligence, Wisdom, Charisma) = (sheet.Intelligence, sheet.Wisdom, sheet.Charisma);
    }
}

/// <summary>The values of a character: levels are 1 to 20, abilities 1 to 30.</summary>
public sealed record CharacterSheet(
    string Name, string Class, int Level, int Strength, int Dexterity, int Constitution, int Intelligence, int Wisdom, int Charisma);
