using FluentValidation;
using MediatR;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Refuses a use case whose fields are not valid, with the messages of every field at once.</summary>
internal sealed class ValidationBehaviour<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators)
    : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IResult<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var failures = new List<FluentValidation.Results.ValidationFailure>();
        foreach (var validator in validators)
            failures.AddRange((await validator.ValidateAsync(request, cancellationToken)).Errors);
        if (failures.Count == 0)
            return await next();

        return TResponse.Refuse(CommonErrors.Validation(failures
            .GroupBy(failure => failure.PropertyName, failure => failure.ErrorMessage, StringComparer.Ordinal)
            .ToDictionary(field => field.Key, field => field.Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal)));
    }
}
