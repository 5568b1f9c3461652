using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>The stored form of a result for replays: immutable records by id, the rest by value.</summary>
internal sealed record ResultText
{
    /// <summary>The result of a key that was used outside the ledger, where its answer is stored.</summary>
    public const string Elsewhere = """{"journals":[]}""";

    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public string? Error { get; init; }
    public int? RefusedLeg { get; init; }
    public IReadOnlyList<Guid>? Journals { get; init; }
    public Guid? HoldId { get; init; }

    /// <summary>In minor units, as text, because JSON readers may round numbers.</summary>
    public string? HoldCaptured { get; init; }

    public string? HoldStatus { get; init; }
    public long? HoldVersion { get; init; }

    public static string Write(InstructionResult result)
    {
        // By far the most frequent case.
        if (result is { Error: null, Hold: null, Journals: [var only] })
            return $$"""{"journals":["{{only.Id}}"]}""";

        return JsonSerializer.Serialize(
            new ResultText
            {
                Error = result.Error is { } refusal ? StoredErrorNames.NameOf(refusal) : null,
                RefusedLeg = result.RefusedLeg,
                Journals = result.Error is null ? [.. result.Journals.Select(journal => journal.Id)] : null,
                HoldId = result.Hold?.Id,
                HoldCaptured = result.Hold?.Captured.MinorUnits.ToString(),
                HoldStatus = result.Hold is { } hold ? EnumNames<HoldStatus>.Of(hold.Status) : null,
                HoldVersion = result.Hold?.Version,
            },
            Json);
    }

    public static ResultText Read(string text) =>
        JsonSerializer.Deserialize<ResultText>(text, Json) ?? throw new InvalidOperationException("A stored result is null.");

    public Error? ToError() => Error is { } name ? StoredErrorNames.OfName(name) : null;

    /// <summary>Restores the result from its journals and its hold.</summary>
    public InstructionResult ToResult(IReadOnlyDictionary<Guid, Journal> journals, IReadOnlyDictionary<Guid, Hold> holds) =>
        ToError() is { } refusal ? new InstructionResult { Error = refusal, RefusedLeg = RefusedLeg } : new InstructionResult
        {
            Journals = [.. Journals!.Select(id => journals[id])],
            Hold = HoldId is { } id && holds[id] is var now
                ? now with
                {
                    Captured = Money.OfMinorUnits(decimal.Parse(HoldCaptured!), now.Amount.Currency),
                    Status = EnumNames<HoldStatus>.Read(HoldStatus!),
                    Version = HoldVersion!.Value,
                }
                : null,
        };
}
