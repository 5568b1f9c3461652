using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Infrastructure.Ledger;

/// <summary>The stored form of an outcome for replays: immutable records by id, the rest by value.</summary>
internal sealed record OutcomeText
{
    /// <summary>The outcome of a key that was used outside the ledger, where its answer is stored.</summary>
    public const string Elsewhere = """{"journals":[]}""";

    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public string? Error { get; init; }
    public IReadOnlyList<Guid>? Journals { get; init; }
    public Guid? HoldId { get; init; }

    /// <summary>In minor units, as text, because JSON readers may round numbers.</summary>
    public string? HoldCaptured { get; init; }

    public string? HoldStatus { get; init; }
    public long? HoldVersion { get; init; }

    public static string Write(Outcome outcome)
    {
        // By far the most frequent case.
        if (outcome is { Error: null, Hold: null, Journals: [var only] })
            return $$"""{"journals":["{{only.Id}}"]}""";

        return JsonSerializer.Serialize(
            new OutcomeText
            {
                Error = outcome.Error is { } refusal ? StoredErrorNames.NameOf(refusal) : null,
                Journals = outcome.Error is null ? [.. outcome.Journals.Select(journal => journal.Id)] : null,
                HoldId = outcome.Hold?.Id,
                HoldCaptured = outcome.Hold?.Captured.MinorUnits.ToString(),
                HoldStatus = outcome.Hold is { } hold ? LedgerNames<HoldStatus>.Of(hold.Status) : null,
                HoldVersion = outcome.Hold?.Version,
            },
            Json);
    }

    public static OutcomeText Read(string text) =>
        JsonSerializer.Deserialize<OutcomeText>(text, Json) ?? throw new InvalidOperationException("A stored outcome is null.");

    /// <summary>Restores the outcome from its journals and its hold.</summary>
    public Outcome ToOutcome(IReadOnlyDictionary<Guid, Journal> journals, IReadOnlyDictionary<Guid, Hold> holds) => Error is { } name
        ? new Outcome { Error = StoredErrorNames.OfName(name) }
        : new Outcome
        {
            Journals = [.. Journals!.Select(id => journals[id])],
            Hold = HoldId is { } id && holds[id] is var now
                ? now with
                {
                    Captured = Money.OfMinorUnits(decimal.Parse(HoldCaptured!), now.Amount.Currency),
                    Status = LedgerNames<HoldStatus>.Read(HoldStatus!),
                    Version = HoldVersion!.Value,
                }
                : null,
        };
}
