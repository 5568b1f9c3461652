namespace Portico.Application.Common.Paging;

/// <summary>A part of a list, and where the next part begins.</summary>
public interface IPage
{
    /// <summary>Opaque; <c>null</c> on the last page.</summary>
    string? NextCursor { get; }
}

/// <summary>A part of a list, and where the next part begins.</summary>
/// <param name="Items">At most as many as were asked for.</param>
/// <param name="NextCursor">Opaque: to be sent back as it is; <c>null</c> on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor) : IPage;
