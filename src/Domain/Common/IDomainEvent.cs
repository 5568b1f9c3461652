namespace Portico.Domain.Common;

/// <summary>Something that happened in the domain, named in the past tense and immutable.</summary>
/// <remarks>Other services read its properties: no secrets, and only the personal data that they need.</remarks>
public interface IDomainEvent
{
    /// <summary>The name in messages, <c>area.event.vN</c>; a breaking change takes the next N.</summary>
    static abstract string Name { get; }
}
