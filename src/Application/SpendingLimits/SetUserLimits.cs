using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;

namespace Portico.Application.SpendingLimits;

/// <summary>Replaces all spending limits of a user; for managers with a higher role than the user.</summary>
/// <example>{"items":[{"currency":"EUR","perDay":{"amount":"500.00","currency":"EUR"}}]}</example>
[RequirePermission(Permissions.LimitsWrite)]
public sealed record SetUserLimits : ICommand<SpendingLimitsDto>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    /// <summary>At most one for each currency, and 20 in all.</summary>
    public required IReadOnlyList<UserLimit> Items { get; init; }
}

/// <summary>The limits of a user in one currency, for all wallets together; one that is left out or <c>null</c> does not limit.</summary>
public sealed record UserLimit
{
    public required string Currency { get; init; }

    /// <summary>The largest transfer or hold.</summary>
    public Money? PerTransfer { get; init; }

    /// <summary>The most in a day of the user's time zone.</summary>
    public Money? PerDay { get; init; }

    /// <summary>The most in a month of the user's time zone.</summary>
    public Money? PerMonth { get; init; }

    internal SpendingLimit ToLimit() => new(PerTransfer, PerDay, PerMonth);
}

internal sealed class SetUserLimitsValidator : AbstractValidator<SetUserLimits>
{
    private const int MaxItems = 20;

    public SetUserLimitsValidator()
    {
        RuleFor(c => c.Items).Must(items => items.Count <= MaxItems).WithMessage($"Give at most {MaxItems} currencies.")
            .Must(items => items.Select(item => item.Currency).Distinct(StringComparer.Ordinal).Count() == items.Count)
            .WithMessage("Give each currency once.");
        RuleForEach(c => c.Items).ChildRules(item => item
            .RuleFor(i => i.Currency).Must(code => Currency.Find(code) is not null).WithMessage(MoneyErrors.UnknownCurrency.Message));
    }
}

internal sealed class SetUserLimitsHandler(LimitAdministration administration, ISpendingLimits limits)
    : ICommandHandler<SetUserLimits, SpendingLimitsDto>
{
    public async Task<Result<SpendingLimitsDto>> Handle(SetUserLimits command, CancellationToken cancellationToken)
    {
        var wanted = command.Items.ToDictionary(item => Currency.Of(item.Currency), item => item.ToLimit());
        if (wanted.Any(item => !item.Value.IsIn(item.Key)))
            return LedgerErrors.CurrencyMismatch;

        return await administration.Replace(new LimitSubject(command.Id, command.Id), wanted, cancellationToken) is { } refusal
            ? refusal
            : SpendingLimitsDto.Of(await limits.Read(command.Id, cancellationToken));
    }
}
