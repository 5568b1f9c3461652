using Portico.Domain.Common;

namespace Portico.Domain.Characters;

/// <summary>The errors of characters.</summary>
public static class CharacterErrors
{
    public static readonly Error TooMany =
        new(ErrorKind.Conflict, "too_many_characters", "You have as many characters as are allowed.");
}
