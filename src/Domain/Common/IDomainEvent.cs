namespace Portico.Domain.Common;

/// <summary>Something that happened in the domain, named in the past tense and immutable.</summary>
/// <remarks>Its properties are what other services will read: no secrets, and of personal data only what they need.</remarks>
public interface IDomainEvent
{
    /// <summary>The name on the wire, <c>area.event.vN</c>; a change that breaks readers takes the next N.</summary>
    static abstract string Name { get; }
}
