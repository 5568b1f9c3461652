using System.Text.Json;
using System.Text.RegularExpressions;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Batch;

/// <summary>Answers several GET requests of the caller in one round trip.</summary>
/// <example>
/// {"requests":[{"method":"GET","path":"/api/v1/users/me","headers":{}},
/// {"method":"GET","path":"/api/v1/wallets?limit=5","headers":{"Accept-Language":"de"}}]}
/// </example>
[Authenticated]
public sealed record GetBatch : IQuery<BatchDto>
{
    public const int MaxRequests = 20;

    /// <summary>1 to 20 requests; the answers have the same order.</summary>
    public required IReadOnlyList<BatchRequest> Requests { get; init; }
}

/// <summary>One GET request of a batch.</summary>
public sealed record BatchRequest
{
    /// <summary>GET, the only method of a batch.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>The path and the query of the request, such as <c>/api/v1/wallets?limit=5</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Header fields of this request only: Accept, Accept-Language, If-None-Match.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>The answers of a batch, in the order of its requests.</summary>
public sealed record BatchDto(IReadOnlyList<BatchAnswer> Responses);

/// <summary>The answer to one request of a batch.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The header fields; several values of one field are separated by commas.</param>
/// <param name="Body">The JSON body, or another body as text; null when there is none.</param>
public sealed record BatchAnswer(int Status, IReadOnlyDictionary<string, string> Headers, JsonElement? Body);

internal sealed partial class GetBatchValidator : AbstractValidator<GetBatch>
{
    private const int MaxPathLength = 4096;
    private const int MaxHeaderLength = 1024;

    private static readonly string[] Allowed = ["Accept", "Accept-Language", "If-None-Match"];

    public GetBatchValidator()
    {
        RuleFor(batch => batch.Requests)
            .Must(requests => requests.Count is > 0 and <= GetBatch.MaxRequests)
            .WithMessage($"A batch has 1 to {GetBatch.MaxRequests} requests.");
        RuleForEach(batch => batch.Requests).ChildRules(request =>
        {
            request.RuleFor(item => item.Method).Equal("GET").WithMessage("A batch takes GET only: nothing in it changes anything.");
            request.RuleFor(item => item.Path)
                .Must(IsPath)
                .WithMessage($"A path of this API with its query is needed, such as /api/v1/wallets; at most {MaxPathLength} characters.");
            request.RuleFor(item => item.Headers)
                .Must(headers => headers.All(header => Allowed.Contains(header.Key, StringComparer.OrdinalIgnoreCase)
                    && header.Value is { Length: <= MaxHeaderLength } value && !value.AsSpan().ContainsAnyExceptInRange(' ', '~')))
                .WithMessage($"Only these header fields can differ, each with visible ASCII characters: {string.Join(", ", Allowed)}.");
        });
    }

    private static bool IsPath(string path) =>
        path.Length <= MaxPathLength && ApiPath().IsMatch(path) && !path.AsSpan().ContainsAnyExceptInRange('!', '~');

    // Without percent-encoding and dot segments in the path: there is one way to write each path of this API.
    [GeneratedRegex(
        @"\A/api/v[0-9]+(\.[0-9]+)?(/[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*)+(\?[^#]*)?\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ApiPath();
}

internal sealed class GetBatchHandler(IBatchPipeline pipeline) : IQueryHandler<GetBatch, BatchDto>
{
    // One caller can't take all processors, and later requests of the batch find what earlier ones have cached.
    private const int MaxParallel = 4;

    public async Task<Result<BatchDto>> Handle(GetBatch query, CancellationToken cancellationToken)
    {
        var answers = new BatchAnswer[query.Requests.Count];
        var run = pipeline.Open();
        await Parallel.ForAsync(
            0,
            answers.Length,
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = cancellationToken },
            async (index, token) => answers[index] = await run(query.Requests[index], token));
        return new BatchDto(answers);
    }
}

/// <summary>Sends requests through the whole HTTP pipeline of this process.</summary>
public interface IBatchPipeline
{
    /// <summary>Takes the identity of the current request, for all requests of its batch.</summary>
    /// <returns>Answers one request as the same caller. Thread-safe.</returns>
    Func<BatchRequest, CancellationToken, Task<BatchAnswer>> Open();
}

/// <summary>Why a request of a batch has no answer of its own.</summary>
public static class BatchErrors
{
    public static readonly Error NotInBatch =
        new(ErrorKind.Unprocessable, "not_in_batch", "This address is not available in a batch. Send the request alone.");

    public static readonly Error AnswerTooLarge =
        new(ErrorKind.Unprocessable, "batch_answer_too_large", "The answer is too large for a batch. Send the request alone.");
}
