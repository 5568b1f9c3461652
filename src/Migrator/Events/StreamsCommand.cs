using System.CommandLine;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Nats;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Events;

/// <summary>
/// <c>streams up</c> and <c>streams status</c>: creates or updates the stream of events in NATS as this build defines it, or shows the
/// differences.
/// </summary>
internal static class StreamsCommand
{
    public static Command Create(CommandHost host)
    {
        var check = new Option<bool>("--check") { Description = "Exit with 2 when something is missing, with 4 when something differs." };
        return new Command("streams", "The stream of events in NATS, and its consumers.")
        {
            host.Create(
                "up", "Create or update the stream and its consumers as this build defines them.", [Durations.ConnectTimeout("NATS")],
                (run, cancellationToken) => RunAsync(run, apply: true, check: false, cancellationToken)),
            host.Create(
                "status", "Show missing and different parts.", [check, Durations.ConnectTimeout("NATS")],
                (run, cancellationToken) => RunAsync(run, apply: false, run.Arguments.GetValue(check), cancellationToken)),
        };
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, bool apply, bool check, CancellationToken cancellationToken)
    {
        await using var nats = await NatsServerTarget.OpenAsync(run, cancellationToken);
        var parts = await StreamDefinition.CompareAsync(nats.JetStream, nats.Events, apply, cancellationToken);
        run.Report.Set("parts", parts.Select(part => new { part.Name, State = State(part, apply), Differences = part.Differences ?? [] }));
        foreach (var part in parts)
        {
            run.Report.Line($"{part.Name}: {State(part, apply)}");
            foreach (var difference in part.Differences ?? [])
                run.Report.Line($"  {difference}");
        }

        return (check, parts.Any(part => part.Differences is null), parts.Any(part => part.Differences is { Count: > 0 })) switch
        {
            (true, true, _) => ExitCode.Pending,
            (true, _, true) => ExitCode.Drift,
            _ => ExitCode.Ok,
        };
    }

    private static string State(StreamPart part, bool applied) => part.Differences switch
    {
        null => applied ? "created" : "missing",
        { Count: 0 } => "equal",
        _ => applied ? "updated" : "different",
    };
}
