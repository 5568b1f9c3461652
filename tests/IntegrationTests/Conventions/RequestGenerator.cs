using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Portico.IntegrationTests.Conventions;

/// <summary>Makes requests from an OpenAPI document: some as they are meant, most with something wrong in them.</summary>
/// <remarks>All choices come from the random numbers, and from ids, tags and cursors of earlier answers.</remarks>
internal sealed partial class RequestGenerator(Uri api, JsonElement document, Random random)
{
    private const int MaxLearned = 64;
    private const int MaxDepth = 5;

    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // As JSON, because no .NET text holds half of a surrogate pair that survives an encoding.
    private static readonly string[] Texts =
    [
        "\"\"", "\" \"", "\"a\"", "\"Ω\"", "\"0\"", "\"-1\"", "\"null\"", "\"%\"", "\"_\"", @"""\\""", @"""\u0000""", @"""a\u0000b""",
        @"""\ud800""", @"""\udc00\ud800""", @"""\uffff""", @"""\u202e\u200b""", @"""\""""", "\"'; DROP TABLE users; --\"",
        "\"../../etc/passwd\"",
        "\"ada@example.org\"", "\"ADA@EXAMPLE.ORG.\"", "\"a@b\"", "\"+4915112345678\"", "\"+0\"", "\"000000\"", "\"EUR\"", "\"JPY\"",
        "\"XXX\"",
        "\"12.34\"", "\"0.001\"", "\"-0.00\"", "\"1e3\"", "\"79228162514264337593543950336\"", "\"2026-11-21T10:00:00Z\"",
        "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.9999999Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"",
        "\"2026-02-30T00:00:00Z\"", "\"infinity\"", "\"win1\"", "\"registration\"", "\"changeContact\"", "\"correct horse battery\"",
        "\"en\"",
        "\"00000000-0000-0000-0000-000000000000\"", "\"ffffffff-ffff-ffff-ffff-ffffffffffff\"", $"\"{new string('x', 300)}\"",
        $"\"{new string('ß', 5_000)}\"",
    ];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "3", "10", "20", "-1", "100", "101", "2147483647", "2147483648", "-2147483649", "9223372036854775808", "0.1", "1.0",
        "1e2", "1e400", "-1e-400", "79228162514264337593543950336",
    ];

    private static readonly string[] QueryTexts =
    [
        "", "0", "1", "-1", "101", "05", "%00", "%", "%f", "%ff", "%ed%a0%80", "%F0%9F%98%80", "true", "TRUE", "name", "-name",
        "-createdAt",
        "%2B", "+", "2026-11-21T10:00:00Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00%2B14:00", "deleted", "eyJ2IjoxfQ", "AA",
        "_%25",
        "00000000-0000-0000-0000-000000000000", "'%3B--",
    ];

    private static readonly (string Name, string[] Values)[] Headers =
    [
        ("Accept", ["*/*", "text/csv", "text/csv; header=present; bom=1", "application/json; charset=utf-16", "text/html", "x", ";",
            "a/b;q=2"]),
        ("If-Match", ["*", "\"\"", "\"AAAAAAAAAAE\"", "W/\"AAAAAAAAAAE\"", "\"AAAAAAAAAAF\"", "\"__________8\"", "x", "W/", ",", "*, *",
            "\"a\", \"b\""]),
        ("If-None-Match", ["*", "\"AAAAAAAAAAE\"", "W/", "x", ""]),
        ("Idempotency-Key", ["k1", "k2", "k3", "", "a b", "~"]),
        ("Content-Encoding", ["gzip", "br", "identity", "x"]),
        ("Accept-Language", ["ru", "*", "!!", "x-y-z;q=9", "en-US,en;q=0.5"]),
        ("X-Request-Id", ["", "a b", "mine"]),
        ("X-Forwarded-For", ["1.2.3.4", "::1", "x", ","]),
        ("traceparent", ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x"]),
        ("Origin", ["https://app.example.com", "null", "x"]),
        ("Expect", ["100-continue"]),
        ("User-Agent", ["", "Mozilla/5.0 (X11; Linux) Firefox/1", "(((("]),
    ];

    private static readonly string[] ContentTypes =
        ["application/json; charset=utf-8", "application/problem+json", "text/plain", "application/json; charset=utf-16", "x",
         "multipart/form-data"];

    private readonly (HttpMethod Method, string Path, JsonElement Operation)[] _operations =
    [
        .. from path in document.GetProperty("paths").EnumerateObject()
           from operation in path.Value.EnumerateObject()
           where operation.Value.ValueKind == JsonValueKind.Object && !HasNoEnd(path.Name)
           select (new HttpMethod(operation.Name.ToUpperInvariant()), path.Name, operation.Value),
    ];

    // An administrator would read the numbers for as long as the access token is valid.
    private static bool HasNoEnd(string path) => path.EndsWith("/overview/events", StringComparison.Ordinal);

    private readonly List<string> _ids = [];
    private readonly List<string> _tags = [];
    private readonly List<string> _cursors = [];

    /// <summary>The last request, for the message of a failure.</summary>
    public string Described { get; private set; } = "";

    public HttpRequestMessage Next(string token)
    {
        var (method, template, operation) = _operations[random.Next(_operations.Length)];
        if (Happens(2))
            method = Of(HttpMethod.Head, HttpMethod.Options, HttpMethod.Put, HttpMethod.Trace, new HttpMethod("FOO"));
        var url = Parameter().Replace(template, _ => PathValue()) + Query(operation);
        var request = new HttpRequestMessage(method, new Uri(api.GetLeftPart(UriPartial.Authority) + url, AsItIs));
        Described = $"{method} {url}";

        if (!Happens(20))
            Add(
                request, "Authorization",
                Happens(8) ? Of("Bearer x", "Bearer", "Basic YTpi", $"Bearer {Mutated(token)}") : $"Bearer {token}");
        var declared = Declared(operation).Where(parameter => parameter.Text("in") == "header").Select(parameter => parameter.Text("name"));
        string? coding = null;
        foreach (var (name, values) in Headers)
        {
            if (name == "Content-Encoding")
                coding = Happens(4) ? Of(values) : null;
            else if (Happens(declared.Contains(name, StringComparer.Ordinal) ? 90 : 4))
                Add(request, name, name.StartsWith("If-", StringComparison.Ordinal) && _tags.Count > 0 && Happens(50) ? Tag() : Of(values));
        }

        if (method == HttpMethod.Head || method == HttpMethod.Trace)
            return request;
        if (operation.TryGetProperty("requestBody", out var body) ? Happens(95) : Happens(5))
        {
            var schema = body.ValueKind == JsonValueKind.Object
                ? body.GetProperty("content").EnumerateObject().First().Value.GetProperty("schema")
                : default;
            var json = Value(schema, 0);
            var bytes = Happens(10) ? Mutated(Encoding.UTF8.GetBytes(json)) : Encoding.UTF8.GetBytes(json);
            request.Content = new ByteArrayContent(bytes);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", Happens(95) ? "application/json" : Of(ContentTypes));
            if (coding is not null)
                request.Content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
            Described += $" {coding} {json[..Math.Min(json.Length, 500)]}";
        }

        return request;
    }

    /// <summary>Takes ids, tags and cursors for later requests from an answer.</summary>
    public void Learn(string answer, string? tag)
    {
        if (tag is not null)
            Keep(_tags, tag);
        foreach (Match id in Id().Matches(answer))
            Keep(_ids, id.Value);
        foreach (Match cursor in NextCursor().Matches(answer))
            Keep(_cursors, cursor.Groups["cursor"].Value);
    }

    private void Add(HttpRequestMessage request, string name, string value)
    {
        request.Headers.TryAddWithoutValidation(name, value);
        Described += $" [{name}: {value[..Math.Min(value.Length, 100)]}]";
    }

    private string Query(JsonElement operation)
    {
        var query = new StringBuilder();
        foreach (var parameter in Declared(operation).Where(parameter => parameter.Text("in") == "query"))
        {
            for (var times = Happens(30) ? Happens(5) ? 2 : 1 : 0; times > 0; times--)
            {
                var value = parameter.Text("name") == "cursor" && _cursors.Count > 0 && Happens(60)
                    ? Of([.. _cursors]) is var cursor && Happens(50) ? Mutated(cursor) : cursor
                    : Of(QueryTexts);
                query.Append(query.Length == 0 ? '?' : '&').Append(parameter.Text("name")).Append('=').Append(value);
            }
        }

        if (Happens(3))
            query.Append(query.Length == 0 ? '?' : '&').Append(Of("x", "x=%", "=", "&&", "deleted=true", "Limit=5"));
        return query.ToString();
    }

    private string PathValue() =>
        _ids.Count > 0 && Happens(75) ? Of([.. _ids])
        : Of($"{new Guid(Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256)).ToArray())}", "not-an-id", "%2e%2e", "me", "%ff");

    private string Tag() => Of([.. _tags]) is var tag && Happens(30) ? Of($"W/{tag}", $"{tag}, {tag}", Mutated(tag)) : tag;

    /// <summary>A value for a schema, or any other; a schema that is not known takes anything.</summary>
    private string Value(JsonElement schema, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > MaxDepth || Happens(5))
            return Anything(depth);
        if (schema.TryGetProperty("$ref", out var reference))
            return Value(Resolve(reference.GetString()!), depth);
        foreach (var choice in (string[])["oneOf", "anyOf"])
        {
            if (schema.TryGetProperty(choice, out var choices))
                return Value(choices[random.Next(choices.GetArrayLength())], depth);
        }

        if (schema.TryGetProperty("enum", out var names))
            return names[random.Next(names.GetArrayLength())].GetRawText();
        if (schema.TryGetProperty("properties", out var properties))
        {
            var fields = properties.EnumerateObject().Where(_ => Happens(90))
                .Select(field => $"\"{field.Name}\":{Value(field.Value, depth + 1)}").ToList();
            if (Happens(3))
                fields.Add(Of("\"surprise\":1", "\"id\":1", "\"\\ud800\":1", fields.FirstOrDefault() ?? "\"a\":1"));
            return $"{{{string.Join(',', fields)}}}";
        }

        if (schema.TryGetProperty("items", out var items))
            return $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Value(items, depth + 1)))}]";
        var type = schema.TryGetProperty("type", out var declared) ? declared.ToString() : "";
        return type.Contains("integer", StringComparison.Ordinal) || type.Contains("number", StringComparison.Ordinal) ? Of(Numbers)
            : type.Contains("boolean", StringComparison.Ordinal) ? Of("true", "false")
            : schema.TryGetProperty("format", out var format) && format.GetString() == "uuid" && _ids.Count > 0 && Happens(80)
                ? $"\"{Of([.. _ids])}\""
            : Of(Texts);
    }

    private string Anything(int depth) => random.Next(8) switch
    {
        0 => "null",
        1 => "true",
        2 => Of(Numbers),
        3 when depth <= MaxDepth => $"[{Anything(depth + 1)}]",
        4 when depth <= MaxDepth => $"{{{Of(Texts)}:{Anything(depth + 1)}}}",
        5 => string.Concat(Enumerable.Repeat("[", 40)) + string.Concat(Enumerable.Repeat("]", 40)),
        _ => Of(Texts),
    };

    private JsonElement Resolve(string reference) =>
        reference.Split('/').Skip(1).Aggregate(document, (found, step) => found.GetProperty(step));

    private static JsonElement[] Declared(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var parameters) ? [.. parameters.EnumerateArray()] : [];

    private string Mutated(string text)
    {
        var letters = text.ToCharArray();
        for (var times = random.Next(1, 3); times > 0 && letters.Length > 0; times--)
            letters[random.Next(letters.Length)] = (char)random.Next('!', '~');
        return Happens(20) ? new string(letters)[..random.Next(letters.Length + 1)] : new string(letters);
    }

    private byte[] Mutated(byte[] bytes)
    {
        for (var times = random.Next(1, 4); times > 0 && bytes.Length > 0; times--)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return Happens(30) ? bytes[..random.Next(bytes.Length + 1)] : bytes;
    }

    private void Keep(List<string> known, string text)
    {
        if (known.Count < MaxLearned)
            known.Add(text);
        else
            known[random.Next(MaxLearned)] = text;
    }

    private bool Happens(int percent) => random.Next(100) < percent;

    private T Of<T>(params T[] choices) => choices[random.Next(choices.Length)];

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.None, 1000)]
    private static partial Regex Parameter();

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();

    [GeneratedRegex("\"nextCursor\":\"(?<cursor>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NextCursor();
}
