using FluentValidation;
using Portico.Domain.Users;

namespace Portico.Application.Common.Security;

/// <summary>A request that names a user by exactly one of e-mail address and phone number.</summary>
public interface IHasContact
{
    string? Email { get; }
    string? Phone { get; }
}

/// <summary>Reads and validates the contact address of a request.</summary>
public static class Contacts
{
    /// <summary>The address that a validated request names.</summary>
    public static ContactAddress Contact(this IHasContact request) =>
        ContactAddress.TryParseEmail(request.Email, out var email) ? email
        : ContactAddress.TryParsePhone(request.Phone, out var phone) ? phone
        : throw new InvalidOperationException("The request was not validated: it names no address.");

    internal static void NamesOneContact<T>(this AbstractValidator<T> validator)
        where T : IHasContact
    {
        validator.RuleFor(r => r.Email)
            .Must((request, email) => (email is null) != (request.Phone is null))
            .WithMessage("Give exactly one of email and phone.");
        validator.RuleFor(r => r.Email)
            .Must(email => ContactAddress.TryParseEmail(email, out _))
            .When(r => r.Email is not null)
            .WithMessage($"This is not an e-mail address of at most {ContactAddress.MaxEmailLength} characters.");
        validator.RuleFor(r => r.Phone)
            .Must(phone => ContactAddress.TryParsePhone(phone, out _))
            .When(r => r.Phone is not null)
            .WithMessage("Give the phone number in E.164 form, such as +4915112345678.");
    }
}
