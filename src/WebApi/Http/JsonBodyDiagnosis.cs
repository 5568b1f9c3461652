using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Portico.Application.Common.Json;

namespace Portico.WebApi.Http;

/// <summary>Finds the errors of a body that could not be read, field by field.</summary>
/// <remarks>
/// The serialiser stops at the first error and names .NET types. This class compares the whole body with the contract of the type.
/// It runs only after a failure and reports at most <see cref="MaxFaults"/> errors.
/// </remarks>
internal sealed class JsonBodyDiagnosis
{
    public const string WholeBody = "$";
    private const int MaxFaults = 50;

    private readonly Dictionary<string, string[]> _faults = new(StringComparer.Ordinal);
    private readonly JsonSerializerOptions _options;
    private HttpError? _money;

    private JsonBodyDiagnosis(JsonSerializerOptions options) => _options = options;

    public static HttpError Explain(ReadOnlyMemory<byte> body, Type type, JsonSerializerOptions options, JsonException failure)
    {
        if (body.Span.TrimStart(" \t\r\n"u8).IsEmpty)
            return Invalid(WholeBody, "A JSON body is needed.");
        if (!Utf8.IsValid(body.Span))
            return Malformed("Not valid UTF-8.");

        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = options.MaxDepth });
            var diagnosis = new JsonBodyDiagnosis(options);
            diagnosis.Walk(document.RootElement, type, "");
            return diagnosis._faults.Count > 0
                ? diagnosis.HttpError with { Fields = diagnosis._faults }
                : Invalid(PathOf(failure.Path), "This value is not valid.");
        }
        catch (JsonException malformed)
        {
            return Malformed(Place(malformed));
        }
        catch (InvalidOperationException)
        {
            // The reader throws this for half of a surrogate pair in a field name.
            return Malformed("A field name is not valid Unicode.");
        }
    }

    // If the only error is an amount, its own code is more precise.
    private HttpError HttpError => _money is { } money && _faults.Count == 1 ? money : HttpErrors.ValidationFailed;

    private static HttpError Malformed(string message) => HttpErrors.MalformedJson with { Fields = Fault(WholeBody, message) };

    private static HttpError Invalid(string path, string message) => HttpErrors.ValidationFailed with { Fields = Fault(path, message) };

    private static Dictionary<string, string[]> Fault(string path, string message) => new(StringComparer.Ordinal) { [path] = [message] };

    private static string Place(JsonException malformed) => malformed is { LineNumber: { } line, BytePositionInLine: { } position }
        ? $"Not valid JSON, or nested deeper than {ApiJson.MaxDepth} levels, at line {line + 1}, byte {position + 1}."
        : $"Not valid JSON, or nested deeper than {ApiJson.MaxDepth} levels.";

    private static string PathOf(string? path) =>
        path is null or "$" ? WholeBody : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path;

    private void Walk(JsonElement value, Type type, string path)
    {
        if (_faults.Count >= MaxFaults)
            return;
        if (value.ValueKind == JsonValueKind.Null && Nullable.GetUnderlyingType(type) is not null)
            return;

        var contract = _options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
        switch (contract.Kind)
        {
            case JsonTypeInfoKind.Object when value.ValueKind == JsonValueKind.Object:
                WalkObject(value, contract, path);
                break;
            case JsonTypeInfoKind.Enumerable when value.ValueKind == JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                    WalkItem(item, contract.ElementType!, $"{path}[{index++}]");
                break;
            case JsonTypeInfoKind.Dictionary when value.ValueKind == JsonValueKind.Object:
                foreach (var entry in value.EnumerateObject())
                    Walk(entry.Value, contract.ElementType!, Join(path, entry.Name));
                break;
            case JsonTypeInfoKind.None:
                WalkValue(value, contract, path);
                break;
            default:
                Add(path, JsonWords.Expected(contract.Type));
                break;
        }
    }

    private void WalkItem(JsonElement item, Type type, string path)
    {
        if (item.ValueKind == JsonValueKind.Null)
            Add(path, "Must not be null.");
        else
            Walk(item, type, path);
    }

    private void WalkObject(JsonElement value, JsonTypeInfo contract, string path)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            var name = Join(path, field.Name);
            if (!given.Add(field.Name))
                Add(name, "Given more than once.");
            else if (contract.Properties.FirstOrDefault(property => property.Name == field.Name) is not { } property)
                Add(name, "This field is not known.");
            else if (field.Value.ValueKind != JsonValueKind.Null)
                Walk(field.Value, property.PropertyType, name);
            else if (!AcceptsNull(property))
                Add(name, "Must not be null.");
        }

        foreach (var property in contract.Properties.Where(property => property.IsRequired && !given.Contains(property.Name)))
            Add(Join(path, property.Name), "This field is needed.");
    }

    private void WalkValue(JsonElement value, JsonTypeInfo contract, string path)
    {
        try
        {
            value.Deserialize(contract);
        }
        catch (InvalidValueException refused)
        {
            Add(path, refused.Message);
        }
        catch (InvalidMoneyException refused)
        {
            Add(path, refused.Message);
            _money ??= HttpError.Of(refused.Error);
        }
        catch (JsonException)
        {
            Add(path, JsonWords.Expected(contract.Type));
        }
    }

    private static bool AcceptsNull(JsonPropertyInfo property) => property.PropertyType.IsValueType
        ? Nullable.GetUnderlyingType(property.PropertyType) is not null
        : property.IsSetNullable && property.AssociatedParameter is not { IsNullable: false };

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private void Add(string path, string message)
    {
        if (_faults.Count < MaxFaults)
            _faults.TryAdd(path.Length == 0 ? WholeBody : path, [message]);
    }
}
