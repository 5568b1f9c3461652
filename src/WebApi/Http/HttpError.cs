using Portico.Domain.Common;

namespace Portico.WebApi.Http;

/// <summary>A request that is not fulfilled, in the terms of HTTP.</summary>
internal sealed record HttpError(int Status, string Code, string Detail)
{
    /// <summary>The messages of each refused field, by its camelCase JSON path; only a 400 has some.</summary>
    public IReadOnlyDictionary<string, string[]>? Fields { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The one translation of what a use case refuses.</summary>
    public static HttpError Of(Error error) => new(StatusOf(error.Kind), error.Code, error.Message)
    {
        Fields = error.Kind == ErrorKind.Validation ? error.Fields : null,
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
