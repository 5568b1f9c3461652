namespace Portico.Migrator.Commands;

/// <summary>What the exit code of the Migrator says.</summary>
internal enum ExitCode
{
    Ok = 0,
    Error = 1,

    /// <summary>Migrations of this build are not applied yet.</summary>
    Pending = 2,

    /// <summary>Another migrator, or a session that holds a lock on a table, did not let go in time.</summary>
    LockTimeout = 3,

    /// <summary>The database was migrated from other files, or the EF model describes another schema.</summary>
    Drift = 4,

    /// <summary>A row of the ledger contradicts the others.</summary>
    LedgerWrong = 5,
}

/// <summary>An expected end of a command, with the sentence that says why.</summary>
internal sealed class MigratorException(ExitCode exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public MigratorException(string message)
        : this(ExitCode.Error, message)
    {
    }

    public MigratorException(string message, Exception cause)
        : this(ExitCode.Error, message, cause)
    {
    }

    public ExitCode ExitCode { get; } = exitCode;
}
