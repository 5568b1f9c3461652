using System.CommandLine;

namespace Portico.Migrator.Commands;

/// <summary>The timeouts of commands that change a database.</summary>
/// <param name="ConnectTimeout">How long to wait for PostgreSQL to accept connections.</param>
/// <param name="LockTimeout">How long to wait for another migrator to end.</param>
/// <param name="StatementLockTimeout">
/// How long to wait for a table lock of another session; after that the migration is tried again a few times.
/// </param>
/// <param name="StatementTimeout">How long one statement of a migration may run.</param>
internal sealed record WorkLimits(
    TimeSpan ConnectTimeout, TimeSpan LockTimeout, TimeSpan StatementLockTimeout, TimeSpan StatementTimeout)
{
    private const string Lock = "--lock-timeout";
    private const string StatementLock = "--statement-lock-timeout";
    private const string Statement = "--statement-timeout";

    public static Option[] Options() =>
    [
        Durations.Option(
            Durations.ConnectTimeoutName, TimeSpan.FromSeconds(30), "How long to wait for PostgreSQL to accept connections."),
        Durations.Option(Lock, TimeSpan.FromMinutes(2), "How long to wait for another migrator to end."),
        Durations.Option(
            StatementLock, TimeSpan.FromSeconds(5), "How long a statement may wait for a table lock, in each of a few tries."),
        Durations.Option(Statement, TimeSpan.FromMinutes(10), "How long a statement may run."),
    ];

    public static WorkLimits Of(CommandRun run) => new(
        run.ConnectTimeout, run.Arguments.GetValue<TimeSpan>(Lock), run.Arguments.GetValue<TimeSpan>(StatementLock),
        run.Arguments.GetValue<TimeSpan>(Statement));
}
