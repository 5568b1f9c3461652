using System.Net;
using System.Net.Http.Json;

namespace Portico.Client;

/// <summary>An error that Portico answered (Problem Details, RFC 9457).</summary>
/// <param name="status">The status of the answer.</param>
/// <param name="code">The code of the list of errors.</param>
/// <param name="detail">A sentence for a person.</param>
public sealed class PorticoException(HttpStatusCode status, string code, string? detail) : Exception($"{(int)status} {code}: {detail}")
{
    /// <summary>The status of the answer.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>The code of the list of errors, such as <c>insufficient_funds</c>; empty if the answer is not of Portico.</summary>
    public string Code { get; } = code;

    /// <summary>The messages for each invalid field.</summary>
    public IReadOnlyDictionary<string, string[]> Errors { get; init; } = new Dictionary<string, string[]>(StringComparer.Ordinal);

    /// <summary>How long to wait before another try.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Throws if the answer is an error.</summary>
    /// <exception cref="PorticoException">The status is not 2xx.</exception>
    public static async Task ThrowIfErrorAsync(HttpResponseMessage answer, CancellationToken cancellationToken = default)
    {
        if (answer.IsSuccessStatusCode)
            return;
        var isProblem = answer.Content.Headers.ContentType?.MediaType == "application/problem+json";
        var problem = isProblem ? await answer.Content.ReadFromJsonAsync<Problem>(cancellationToken) : null;
        throw new PorticoException(answer.StatusCode, problem?.Code ?? "", problem?.Detail)
        { Errors = problem?.Errors ?? [], RetryAfter = answer.Headers.RetryAfter?.Delta };
    }

    private sealed record Problem(string? Code, string? Detail, Dictionary<string, string[]>? Errors);
}
