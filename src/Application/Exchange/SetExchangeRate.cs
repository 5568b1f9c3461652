using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Exchange;

namespace Portico.Application.Exchange;

/// <summary>Sets the rate of a pair of currencies, for both directions; for managers.</summary>
/// <remarks>Quotes that were made before keep their terms. A pair has one direction: the other one is refused.</remarks>
/// <example>{"rate":"1.0923","spread":"0.005","validUntil":"2026-11-22T10:00:00Z"}</example>
[RequirePermission(Permissions.ExchangeRatesWrite)]
public sealed record SetExchangeRate : ICommand<ExchangeRateDto>
{
    [JsonIgnore]
    public string Base { get; init; } = "";

    [JsonIgnore]
    public string Quote { get; init; } = "";

    /// <summary>How many units of quote one unit of base costs, in the middle: digits with at most 12 decimals.</summary>
    public required string Rate { get; init; }

    /// <summary>The difference between buying and selling, as a part of the rate: from 0 to 0.5.</summary>
    public required string Spread { get; init; }

    /// <summary>In the future, at most 366 days from now.</summary>
    public required DateTimeOffset ValidUntil { get; init; }
}

internal sealed partial class SetExchangeRateValidator : AbstractValidator<SetExchangeRate>
{
    public SetExchangeRateValidator()
    {
        RuleFor(c => c.Rate).Must(text => Read(text) is > 0 and <= ExchangeRate.MaxRate)
            .WithMessage(
                $"Give a rate above 0 as digits with at most {ExchangeRate.MaxDecimals} decimals, such as 1.0923; "
                + $"at most {ExchangeRate.MaxRate.ToString(CultureInfo.InvariantCulture)}.");
        RuleFor(c => c.Spread).Must(text => Read(text) <= ExchangeRate.MaxSpread)
            .WithMessage(
                $"Give a spread from 0 to {ExchangeRate.MaxSpread.ToString(CultureInfo.InvariantCulture)} as digits with at most "
                + $"{ExchangeRate.MaxDecimals} decimals, such as 0.005.");
    }

    /// <summary>Reads digits with at most one point: no sign, exponent or group separator; <c>null</c> for another text.</summary>
    public static decimal? Read(string? text) =>
        text is not null && Plain().IsMatch(text)
            ? decimal.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)
            : null;

    [GeneratedRegex(@"\A[0-9]{1,13}(\.[0-9]{1,12})?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Plain();
}

internal sealed class SetExchangeRateHandler(IAppDbContext db, IAuditLog audit, TimeProvider clock)
    : ICommandHandler<SetExchangeRate, ExchangeRateDto>
{
    private static readonly TimeSpan LongestValidity = TimeSpan.FromDays(366);

    private static readonly Error EndsWrong =
        CommonErrors.Validation("validUntil", $"Give a time in the future, at most {LongestValidity.TotalDays:0} days from now.");

    private static readonly Error UnknownPair =
        new(ErrorKind.NotFound, "not_found", "One of the two currencies is not known. Give codes of ISO 4217, such as EUR.");

    public async Task<Result<ExchangeRateDto>> Handle(SetExchangeRate command, CancellationToken cancellationToken)
    {
        if (Currency.Find(command.Base) is not { } @base || Currency.Find(command.Quote) is not { } quote)
            return UnknownPair;
        if (@base == quote)
            return ExchangeErrors.SameCurrency;
        if (command.ValidUntil <= clock.GetUtcNow() || command.ValidUntil > clock.GetUtcNow() + LongestValidity)
            return EndsWrong;

        var rate = await db.Set<ExchangeRate>().OfPair(@base, quote).SingleOrDefaultAsync(cancellationToken);
        if (rate is not null && rate.Base != @base)
            return ExchangeErrors.ReverseRate;

        var (before, spreadBefore, untilBefore) = (rate?.Rate, rate?.Spread, rate?.ValidUntil);
        if (rate is null)
        {
            rate = ExchangeRate.Create(@base, quote, clock.GetUtcNow());
            db.Set<ExchangeRate>().Add(rate);
        }

        rate.Set(
            SetExchangeRateValidator.Read(command.Rate)!.Value,
            SetExchangeRateValidator.Read(command.Spread)!.Value,
            command.ValidUntil.ToUniversalTime());
        audit.Add(new AuditNote(AuditActions.ExchangeRateSet, AuditSubject.ExchangeRate($"{@base.Code}/{quote.Code}"))
            .Changed("rate", before?.ToString(CultureInfo.InvariantCulture), rate.Rate.ToString(CultureInfo.InvariantCulture))
            .Changed("spread", spreadBefore?.ToString(CultureInfo.InvariantCulture), rate.Spread.ToString(CultureInfo.InvariantCulture))
            .Changed("validUntil", untilBefore?.ToString("O"), rate.ValidUntil.ToString("O")));
        await db.SaveChangesAsync(cancellationToken);
        return ExchangeRateDto.Of(rate);
    }
}

internal static class ExchangeRateQueries
{
    /// <summary>The rate of a pair of currencies, in the direction that it has.</summary>
    public static IQueryable<ExchangeRate> OfPair(this IQueryable<ExchangeRate> rates, Currency one, Currency other) =>
        rates.Where(rate => (rate.Base == one && rate.Quote == other) || (rate.Base == other && rate.Quote == one));
}
