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
    private static readonly bool NeedsKey = typeof(INeedsIdempotencyKey).IsAssignableFrom(typeof(TRequest));

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var failures = new List<ValidationFailure>();
        if (key.Problem is { } problem)
            failures.Add(new ValidationFailure(IdempotencyKey.Header, problem));
        else if (NeedsKey && key.Current is null)
            failures.Add(
                new ValidationFailure(
                    IdempotencyKey.Header, "This header is needed: a key of your choice, the same for every repetition of this request."));
        foreach (var validator in validators)
            failures.AddRange(validator.Validate(request).Errors);
        return failures.Count == 0 ? next() : Task.FromResult(TResponse.Refuse(CommonErrors.Validation(failures
            .GroupBy(failure => failure.PropertyName, failure => failure.ErrorMessage, StringComparer.Ordinal)
            .ToDictionary(field => field.Key, field => field.Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal))));
    }
}
