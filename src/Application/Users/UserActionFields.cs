using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Security;

namespace Portico.Application.Users;

/// <summary>The fields of an action of an administrator on a user.</summary>
public abstract record UserActionFields
{
    [JsonIgnore]
    public Guid Id { get; init; }

    /// <summary>Why, for the audit log: 1 to 500 characters.</summary>
    public string? Reason { get; init; }
}

internal abstract class UserActionFieldsValidator<TRequest> : AbstractValidator<TRequest>
    where TRequest : UserActionFields
{
    protected UserActionFieldsValidator() => RuleFor(c => c.Reason).IsReasonOrNone();
}
