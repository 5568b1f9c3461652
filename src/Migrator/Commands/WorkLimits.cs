using System.CommandLine;

namespace Portico.Migrator.Commands;

/// <summary>The timeouts of commands that change a database.</summary>
internal sealed record WorkLimits
{
    /// <summary>How long to wait for PostgreSQL to accept connections.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for another migrator to end.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long to wait for a table lock of another session; after that the migration is tried again a few times.</summary>
    public TimeSpan StatementLockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one statement of a migration may run.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>The options of commands that change a database.</summary>
internal sealed class WorkOptions
{
    private static readonly WorkLimits Usual = new();

    private readonly Option<TimeSpan> _connectTimeout = Durations.Option(
        "--connect-timeout", Usual.ConnectTimeout, "How long to wait for PostgreSQL to accept connections.");
    private readonly Option<TimeSpan> _lockTimeout = Durations.Option(
        "--lock-timeout", Usual.LockTimeout, "How long to wait for another migrator to end.");
    private readonly Option<TimeSpan> _statementLockTimeout = Durations.Option(
        "--statement-lock-timeout",
        Usual.StatementLockTimeout,
        "How long a statement may wait for a table lock, in each of a few tries.");
    private readonly Option<TimeSpan> _statementTimeout = Durations.Option(
        "--statement-timeout", Usual.StatementTimeout, "How long a statement may run.");

    public void AddTo(Command command)
    {
        command.Add(_connectTimeout);
        command.Add(_lockTimeout);
        command.Add(_statementLockTimeout);
        command.Add(_statementTimeout);
    }

    public WorkLimits Read(ParseResult arguments) => new()
    {
        ConnectTimeout = arguments.GetValue(_connectTimeout),
        LockTimeout = arguments.GetValue(_lockTimeout),
        StatementLockTimeout = arguments.GetValue(_statementLockTimeout),
        StatementTimeout = arguments.GetValue(_statementTimeout),
    };
}
