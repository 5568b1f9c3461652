using FluentValidation;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>The validation rules that requests about money share.</summary>
internal static class LedgerRules
{
    public static IRuleBuilderOptions<T, Money> IsAmount<T>(this IRuleBuilder<T, Money> rule) =>
        rule.Must(amount => amount.IsPositive).WithMessage("Give an amount above zero.");

    public static IRuleBuilderOptions<T, Money?> IsAmount<T>(this IRuleBuilder<T, Money?> rule) =>
        rule.Must(amount => amount is null or { IsPositive: true }).WithMessage("Give an amount above zero.");

    public static IRuleBuilderOptions<T, string?> IsDescription<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => text is null || (text.Length <= Instruction.MaxDescriptionLength && !text.Any(char.IsControl)))
            .WithMessage($"A description has at most {Instruction.MaxDescriptionLength} characters, and no control characters.");
}
