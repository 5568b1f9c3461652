using FluentValidation;
using FluentValidation.Results;
using MediatR;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Refuses a use case with invalid fields, with the messages of all fields at once.</summary>
/// <remarks>No rule waits for anything: what the database knows is decided by the handler.</remarks>
internal sealed class ValidationBehaviour<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators, IRequestKey key)
    : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IResult<TResponse>
{
    private const string MissingKey = "This header is needed: a key of your choice, the same for every repetition of this request.";

    private static readonly bool NeedsKey = typeof(INeedsIdempotencyKey).IsAssignableFrom(typeof(TRequest));

    private readonly IValidator<TRequest>[] _validators = validators as IValidator<TRequest>[] ?? [.. validators];

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        List<ValidationFailure>? failures = (key.Problem ?? (NeedsKey && key.Current is null ? MissingKey : null)) is { } problem
            ? [new ValidationFailure(IdempotencyKey.Header, problem)]
            : null;
        foreach (var validator in _validators)
        {
            if (validator.Validate(request) is { IsValid: false, Errors: var errors })
                (failures ??= []).AddRange(errors);
        }

        return failures is null ? next() : Task.FromResult(TResponse.Refuse(CommonErrors.Validation(failures
            .GroupBy(failure => failure.PropertyName, failure => failure.ErrorMessage, StringComparer.Ordinal)
            .ToDictionary(field => field.Key, field => field.Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal))));
    }
}
