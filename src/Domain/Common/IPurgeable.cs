namespace Portico.Domain.Common;

/// <summary>A record that may be gone for good once it has been deleted for long and nothing refers to it.</summary>
/// <remarks>What others must still be able to look up, such as money, is not.</remarks>
public interface IPurgeable : ISoftDeletable;
