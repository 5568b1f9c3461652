namespace Portico.Domain.Common;

/// <summary>A record that is removed permanently some time after its deletion, when nothing refers to it.</summary>
/// <remarks>Records that others must still be able to look up, such as money, are not purgeable.</remarks>
public interface IPurgeable : ISoftDeletable;
