using Portico.Domain.Common;

namespace Portico.WebApi.Http;

/// <summary>An error as an HTTP status with a stable code and a message.</summary>
internal sealed record HttpError(int Status, string Code, string Detail)
{
    /// <summary>The messages of each invalid field, by its camelCase JSON path; only for status 400.</summary>
    public IReadOnlyDictionary<string, string[]>? Fields { get; init; }

    /// <summary>The camelCase JSON path of the item that was refused, in a request with several items.</summary>
    public string? Path { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Maps an error of a use case to an HTTP error; the only place that does.</summary>
    public static HttpError Of(Error error) => new(StatusOf(error.Kind), error.Code, error.Message)
    {
        Fields = error.Kind == ErrorKind.Validation ? error.Fields : null,
        Path = error.Path,
        RetryAfter = error.RetryAfter,
    };

    internal static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Validation => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        ErrorKind.PreconditionRequired => StatusCodes.Status428PreconditionRequired,
        ErrorKind.Unprocessable => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.TooManyRequests => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind of error has no status."),
    };
}
