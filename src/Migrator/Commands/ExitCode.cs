namespace Portico.Migrator.Commands;

/// <summary>The exit codes of the Migrator.</summary>
internal enum ExitCode
{
    Ok = 0,
    Error = 1,

    /// <summary>Some migrations of this build are not applied yet.</summary>
    Pending = 2,

    /// <summary>Another migrator or another session did not release a lock in time.</summary>
    LockTimeout = 3,

    /// <summary>The database was migrated with other files, or the EF model describes another schema.</summary>
    Drift = 4,

    /// <summary>A row of the ledger contradicts other rows.</summary>
    LedgerWrong = 5,
}

/// <summary>An expected failure of a command, with its reason as one sentence.</summary>
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
