namespace Portico.Application.Operation;

/// <summary>How Portico works now, as the process that answers sees it.</summary>
/// <param name="At">When the numbers were read.</param>
/// <param name="Instance">The process that answers: its machine.</param>
/// <param name="WindowSeconds">The time that the rates are the mean of: since the numbers were read before.</param>
/// <param name="Health">The dependencies.</param>
/// <param name="Requests">The requests of this process.</param>
/// <param name="Ledger">The ledger writer of this process.</param>
/// <param name="Limits">The rate limits of this process.</param>
/// <param name="Outbox">The events that wait to be published.</param>
/// <param name="Messages">The messages that wait to be sent, without codes.</param>
/// <param name="DeadLetters">What could not be handled or sent.</param>
/// <example>
/// {"at":"2026-11-21T10:00:00.123Z","instance":"api-1","windowSeconds":2.0,
/// "health":{"status":"ready","checks":[{"name":"postgresql","status":"ok","durationMs":1.2}]},
/// "requests":{"perSecond":12.5,"clientErrorsPerSecond":0.5,"serverErrorsPerSecond":0},"ledger":{"instructionsPerSecond":3.5,"waiting":0},
/// "limits":{"refusedPerSecond":0},"outbox":{"waiting":0,"oldestSeconds":0},"messages":{"waiting":0,"oldestSeconds":0},
/// "deadLetters":{"events":0,"messages":0}}
/// </example>
public sealed record OverviewDto(
    DateTimeOffset At, string Instance, double WindowSeconds, OverviewHealthDto Health, RequestRatesDto Requests, LedgerRatesDto Ledger,
    LimitRatesDto Limits, WaitingDto Outbox, WaitingDto Messages, DeadLetterCountsDto DeadLetters);

/// <summary>Whether the process can serve requests.</summary>
/// <param name="Status"><c>ready</c>, <c>degraded</c> without a dependency that is not required, or <c>unready</c>.</param>
/// <param name="Checks">The dependencies, by name.</param>
/// <example>{"status":"ready","checks":[{"name":"postgresql","status":"ok","durationMs":1.2}]}</example>
public sealed record OverviewHealthDto(string Status, IReadOnlyList<DependencyHealthDto> Checks);

/// <summary>A dependency: <c>ok</c> or <c>failed</c>.</summary>
/// <example>{"name":"postgresql","status":"ok","durationMs":1.2}</example>
public sealed record DependencyHealthDto(string Name, string Status, double DurationMs);

/// <summary>Requests, and those of them with an answer of 4xx and of 5xx.</summary>
/// <example>{"perSecond":12.5,"clientErrorsPerSecond":0.5,"serverErrorsPerSecond":0}</example>
public sealed record RequestRatesDto(double PerSecond, double ClientErrorsPerSecond, double ServerErrorsPerSecond);

/// <summary>Instructions that the ledger writer executes, such as transfers, and those that wait for it.</summary>
/// <example>{"instructionsPerSecond":3.5,"waiting":0}</example>
public sealed record LedgerRatesDto(double InstructionsPerSecond, long Waiting);

/// <summary>Requests over a rate limit.</summary>
/// <example>{"refusedPerSecond":0}</example>
public sealed record LimitRatesDto(double RefusedPerSecond);

/// <summary>How much waits, and for how long the oldest of it; measured every 5 s.</summary>
/// <example>{"waiting":0,"oldestSeconds":0}</example>
public sealed record WaitingDto(long Waiting, double OldestSeconds);

/// <summary>The dead letters by kind; measured every some seconds.</summary>
/// <example>{"events":0,"messages":0}</example>
public sealed record DeadLetterCountsDto(long Events, long Messages);
