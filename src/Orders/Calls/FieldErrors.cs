using Portico.Orders.Domain;

namespace Portico.Orders.Calls;

/// <summary>Collects what is wrong with the fields of a request.</summary>
internal sealed class FieldErrors
{
    public const int DefaultLimit = 20;
    public const int MaxLimit = 100;

    private readonly Dictionary<string, string> _errors = new(StringComparer.Ordinal);

    public void Add(string field, string problem) => _errors.TryAdd(field, problem);

    /// <summary>Reads a UUID; the empty one when it is none.</summary>
    public Guid Id(string field, string text)
    {
        if (!Guid.TryParseExact(text, "D", out var id) || id == Guid.Empty)
            Add(field, "This must be a UUID, such as 0199c2a7-63b1-7c6b-a7c1-0b5f3b7e9d11.");
        return id;
    }

    /// <summary>Reads a UUID, or null when the text is empty.</summary>
    public Guid? OptionalId(string field, string text) => text.Length == 0 ? null : Id(field, text);

    /// <summary>Reads the limit of a list.</summary>
    public int Limit(int limit)
    {
        if (limit is < 0 or > MaxLimit)
            Add("limit", $"This must be 1 to {MaxLimit}, or 0 for {DefaultLimit}.");
        return limit == 0 ? DefaultLimit : limit;
    }

    /// <summary>Reads a cursor, or null for the first page.</summary>
    public TPosition? Cursor<TPosition>(string field, string text)
        where TPosition : class
    {
        if (text.Length == 0)
            return null;
        var position = RpcCursor.Read<TPosition>(text);
        if (position is null)
            Add(field, "This must be a value that an earlier answer gave.");
        return position;
    }

    /// <exception cref="OrderRefusedException">A field is wrong.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
            throw new OrderRefusedException(OrderErrors.ValidationFailed, _errors);
    }
}
