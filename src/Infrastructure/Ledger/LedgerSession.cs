using System.Data;
using Npgsql;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>A connection that executes many instructions in one transaction of at most two round trips.</summary>
/// <remarks>
/// The first round trip locks all accounts in the order of their ids and reads the state; the domain executes the instructions in memory;
/// the second round trip writes and commits. The first one is left out for accounts that the session remembers, and locks nothing where it
/// only reads accounts to remember. Not thread-safe.
/// </remarks>
public sealed class LedgerSession : IAsyncDisposable
{
    // Nearly all keys are new, and a key that was used before is refused when it is stored. Clients repeat requests for a while.
    private const int GroupsWithLookUp = 100;

    // An account that somebody else changed will be changed by them again.
    private const int GroupsWithLocks = 100;
    private const int MaxGroupsWithLocks = 10_000;

    private readonly NpgsqlConnection _connection;
    private readonly ReadStatements _read;
    private readonly ReadStatements _readWithHistory;
    private readonly UnlockedReadStatements _readUnlocked;
    private readonly WriteStatements _write;
    private readonly WriteStatements _writeWithHistory;
    private readonly WriteStatements _writeAlone;
    private readonly RememberedAccounts? _remembered;
    private readonly LedgerLimits? _limits;
    private int _groupsWithLookUp;
    private int _groupsWithLocks;
    private int _nextGroupsWithLocks = GroupsWithLocks;

    private LedgerSession(NpgsqlConnection connection, bool withEvents, LedgerLimits? limits, RememberedAccounts? remembered)
    {
        (_connection, _limits, _remembered) = (connection, limits, remembered);
        _read = new ReadStatements(connection, withHistory: false);
        _readWithHistory = new ReadStatements(connection, withHistory: true);
        _readUnlocked = new UnlockedReadStatements(connection);
        _write = new WriteStatements(connection, withHistory: false, withEvents);
        _writeWithHistory = new WriteStatements(connection, withHistory: true, withEvents);
        _writeAlone = new WriteStatements(connection, withHistory: false, withEvents, isAlone: true);
    }

    /// <summary>Opens a connection and prepares its statements.</summary>
    /// <param name="database">The data source of the ledger.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <param name="withEvents">Whether to write events to the outbox; false for history that is imported later.</param>
    /// <param name="limits">The limits of instructions; without them the widest.</param>
    public static Task<LedgerSession> Open(
        NpgsqlDataSource database, CancellationToken cancellationToken, bool withEvents = true, LedgerLimits? limits = null) =>
        Open(database, withEvents, limits, remembered: null, cancellationToken);

    /// <summary>Opens a connection with a memory of accounts; without one, the session locks and reads them for each group.</summary>
    internal static async Task<LedgerSession> Open(
        NpgsqlDataSource database, bool withEvents, LedgerLimits? limits, RememberedAccounts? remembered,
        CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        var session = new LedgerSession(connection, withEvents, limits, remembered);
        try
        {
            await session._read.Batch.PrepareAsync(cancellationToken);
            await session._readWithHistory.Batch.PrepareAsync(cancellationToken);
            await session._write.Batch.PrepareAsync(cancellationToken);
            await session._writeWithHistory.Batch.PrepareAsync(cancellationToken);
            if (remembered is not null)
            {
                await session._readUnlocked.Batch.PrepareAsync(cancellationToken);
                await session._writeAlone.Batch.PrepareAsync(cancellationToken);
            }

            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>The events of the last execution that succeeded, as they are in the outbox.</summary>
    internal IReadOnlyList<OutboxMessage> Events { get; private set; } = [];

    /// <summary>What the last execution that succeeded has written.</summary>
    internal Decision? Decision { get; private set; }

    /// <summary>Executes instructions in their order, all in one transaction.</summary>
    /// <returns>The result of each instruction.</returns>
    /// <exception cref="PostgresException">Nothing was changed; the connection can be used again.</exception>
    /// <exception cref="NpgsqlException">
    /// The connection is lost, and it is unknown whether the transaction committed. A second execution has no second effect.
    /// </exception>
    public async Task<IReadOnlyList<InstructionResult>> Execute(IReadOnlyList<Instruction> instructions)
    {
        if (_groupsWithLookUp == 0)
        {
            try
            {
                if ((await TryRemembered(instructions) ?? await Try(instructions, looksUpKeys: false)) is { } results)
                    return results;
            }
            catch (PostgresException used) when (used.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // A key, or the id that an instruction without one has, was used before.
            }

            _groupsWithLookUp = GroupsWithLookUp;
        }

        _groupsWithLookUp--;
        return (await Try(instructions, looksUpKeys: true))!;
    }

    public async ValueTask DisposeAsync()
    {
        await _read.Batch.DisposeAsync();
        await _readWithHistory.Batch.DisposeAsync();
        await _readUnlocked.Batch.DisposeAsync();
        await _write.Batch.DisposeAsync();
        await _writeWithHistory.Batch.DisposeAsync();
        await _writeAlone.Batch.DisposeAsync();
        await _connection.DisposeAsync();
    }

    /// <summary>
    /// Executes instructions with the accounts that this session remembers, in one round trip; one more reads those that it does not.
    /// </summary>
    /// <returns>
    /// The result of each instruction; <c>null</c>, with nothing written, when more must be read, when an account was changed by somebody
    /// else, or when an instruction is refused: nothing is written of it that would show that the accounts were still the same.
    /// </returns>
    private async Task<IReadOnlyList<InstructionResult>?> TryRemembered(IReadOnlyList<Instruction> instructions)
    {
        if (_remembered is null)
            return null;
        if (_groupsWithLocks > 0)
        {
            _groupsWithLocks--;
            return null;
        }

        var ids = new HashSet<Guid>();
        foreach (var instruction in instructions)
        {
            if (instruction is not Movement { Key: not null } movement)
                return null;
            Collect(movement, ids);
        }

        var found = _remembered.Find(ids);
        if (found is null)
        {
            if (_remembered.Unknown(ids) is not { } unknown)
                return null;
            // Only the time may have to be read.
            await ReadUnlocked(_remembered, unknown);
            found = _remembered.Find(ids);
        }

        if (found is not var (state, now))
            return null;
        var decision = LedgerBook.Decide(state, instructions, now, _limits);
        if (decision.Results.Any(result => result.Error is not null) || decision.Keys.Count < instructions.Count)
            return null;

        try
        {
            await Write(_writeAlone, state, decision);
            _remembered.Add(decision.Accounts);
            _nextGroupsWithLocks = GroupsWithLocks;
            return decision.Results;
        }
        catch (PostgresException failure) when (_connection.State == ConnectionState.Open)
        {
            await RollBack();
            if (failure.SqlState != PostgresErrorCodes.SerializationFailure)
                throw;
            _remembered.Clear();
            _groupsWithLocks = _nextGroupsWithLocks;
            _nextGroupsWithLocks = Math.Min(_nextGroupsWithLocks * 2, MaxGroupsWithLocks);
            return null;
        }
    }

    // Nothing is locked: what is written checks that the accounts are still the same.
    private async Task ReadUnlocked(RememberedAccounts remembered, IReadOnlyList<Guid> unknown)
    {
        _readUnlocked.Fill([.. unknown]);
        await using var reader = await _readUnlocked.Batch.ExecuteReaderAsync();
        remembered.Add((await ReadAll(reader, LedgerRows.Account, unknown.Count)).Values);
        await reader.NextResultAsync();
        remembered.SetTime(await ReadTime(reader));
    }

    /// <returns>
    /// The result of each instruction; <c>null</c>, with nothing written, when keys were not looked up and one of them is not stored now:
    /// an earlier result of it may be.
    /// </returns>
    private async Task<IReadOnlyList<InstructionResult>?> Try(IReadOnlyList<Instruction> instructions, bool looksUpKeys)
    {
        try
        {
            var (state, now) = await Read(instructions, looksUpKeys);
            var decision = LedgerBook.Decide(state, instructions, now, _limits);
            if (!looksUpKeys && decision.Keys.Count < instructions.Count(instruction => instruction.Key is not null))
            {
                await RollBack();
                return null;
            }

            var history = decision.Holds.Count + decision.Exchanges.Count + decision.Spending.Count > 0;
            await Write(history ? _writeWithHistory : _write, state, decision);
            _remembered?.Add(state.Accounts.Values);
            _remembered?.Add(decision.Accounts);
            return decision.Results;
        }
        catch (PostgresException) when (_connection.State == ConnectionState.Open)
        {
            await RollBack();
            throw;
        }
    }

    private Task<int> RollBack() => new NpgsqlCommand("ROLLBACK", _connection).Execute(CancellationToken.None);

    private async Task<(LedgerState State, DateTimeOffset Now)> Read(IReadOnlyList<Instruction> instructions, bool looksUpKeys)
    {
        var (accounts, holdIds, originalIds) = (new HashSet<Guid>(), new HashSet<Guid>(), new HashSet<Guid>());
        var (owners, names, placers) = (new List<Guid>(), new List<string>(), new HashSet<Guid>());
        var quotes = new List<Guid>();
        foreach (var instruction in instructions)
        {
            Collect(instruction, accounts, holdIds, originalIds);
            if (instruction is Reservation { By: { } placer })
                placers.Add(placer);
            if (instruction is CurrencyExchange)
                quotes.Add(instruction.Id);
            if (looksUpKeys && instruction.Key is { } key)
            {
                owners.Add(key.OwnerId);
                names.Add(key.Key);
            }
        }

        var statements = holdIds.Count + originalIds.Count + placers.Count + quotes.Count > 0 ? _readWithHistory : _read;
        Guid[] sorted = [.. accounts];
        Array.Sort(sorted);
        statements.Fill(sorted, [.. owners], [.. names], [.. holdIds], [.. originalIds], [.. placers], [.. quotes]);

        var known = new Dictionary<(Guid, string), (byte[] Fingerprint, ResultText Result)>();
        LedgerState state;
        DateTimeOffset now;
        await using (var reader = await statements.Batch.ExecuteReaderAsync())
        {
            state = new LedgerState { Accounts = await ReadAll(reader, LedgerRows.Account, accounts.Count) };
            await reader.NextResultAsync();
            now = await ReadTime(reader);
            _remembered?.SetTime(now);
            await reader.NextResultAsync();
            while (await reader.ReadAsync())
                known[(reader.GetGuid(0), reader.GetString(1))] = (reader.GetFieldValue<byte[]>(2), ResultText.Read(reader.GetString(3)));
            if (statements == _readWithHistory)
            {
                await reader.NextResultAsync();
                var holds = await ReadAll(reader, LedgerRows.Hold, holdIds.Count);
                await reader.NextResultAsync();
                var originals = await ReadAll(reader, LedgerRows.Original, originalIds.Count);
                await reader.NextResultAsync();
                var openHolds = await ReadAll(reader, row => (int)row.GetInt64(1), placers.Count);
                await reader.NextResultAsync();
                var used = new HashSet<Guid>();
                while (await reader.ReadAsync())
                    used.Add(reader.GetGuid(0));
                state = state with { Holds = holds, Originals = originals, OpenHolds = openHolds, UsedQuotes = used };
            }
        }

        if (known.Count > 0)
            state = state with { Keys = await Restore(known) };
        if (state.Accounts.Values.Any(account => account.IsLimited))
            state = state with { Spending = await LockSpending(state.Accounts.Values, now) };
        return (state, now);
    }

    /// <summary>Locks and reads the limits of the wallets that are limited, and of their owners: always after the accounts.</summary>
    private async Task<Dictionary<(Guid, string), Spending>> LockSpending(IEnumerable<Account> accounts, DateTimeOffset now)
    {
        var subjects = new HashSet<Guid>();
        foreach (var account in accounts.Where(account => account.IsLimited))
        {
            subjects.Add(account.Id);
            if (account.OwnerId is { } owner)
                subjects.Add(owner);
        }

        var rows = await SpendingRows.ReadAll(
            new NpgsqlCommand(SpendingRows.LockSql, _connection).With(subjects.ToArray()), now, CancellationToken.None);
        return rows.ToDictionary(row => (row.SubjectId, row.Day.Spent.Currency.Code));
    }

    /// <summary>Reads the journals and holds of idempotency keys that were used before.</summary>
    private async Task<Dictionary<(Guid, string), KnownKey>> Restore(
        Dictionary<(Guid, string), (byte[] Fingerprint, ResultText Result)> known)
    {
        await using var batch = new NpgsqlBatch(_connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"SELECT {LedgerRows.JournalColumns} FROM ledger.journals WHERE id = ANY($1)")
                    .With(known.Values.SelectMany(kept => kept.Result.Journals ?? []).ToArray()),
                new NpgsqlBatchCommand($"SELECT {LedgerRows.HoldColumns} FROM ledger.holds WHERE id = ANY($1)")
                    .With(known.Values.Select(kept => kept.Result.HoldId).OfType<Guid>().ToArray()),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        var journals = await ReadAll(reader, LedgerRows.Journal, known.Count);
        await reader.NextResultAsync();
        var holds = await ReadAll(reader, LedgerRows.Hold, 0);
        return known.ToDictionary(
            kept => kept.Key, kept => new KnownKey(kept.Value.Fingerprint, kept.Value.Result.ToResult(journals, holds)));
    }

    private async Task Write(WriteStatements statements, LedgerState state, Decision decision)
    {
        var events = statements.Fill(state, decision);
        await statements.Batch.ExecuteNonQueryAsync();
        (Events, Decision) = (events, decision);
    }

    private static void Collect(Instruction instruction, HashSet<Guid> accounts, HashSet<Guid> holds, HashSet<Guid> originals)
    {
        switch (instruction)
        {
            case Movement movement:
                Collect(movement, accounts);
                break;
            case Reservation reservation:
                Touch(reservation.SourceId, reservation.DestinationId);
                break;
            case CurrencyExchange exchange:
                foreach (var part in exchange.Parts)
                    Touch(part.SourceId, part.DestinationId);
                break;
            case Reversal reversal:
                originals.Add(reversal.OriginalId);
                break;
            case Capture capture:
                holds.Add(capture.HoldId);
                break;
            case Release release:
                holds.Add(release.HoldId);
                break;
            default:
                throw new ArgumentException($"Unknown instruction {instruction.GetType().Name}.", nameof(instruction));
        }

        void Touch(Guid source, Guid destination)
        {
            accounts.Add(source);
            accounts.Add(destination);
        }
    }

    private static void Collect(Movement movement, HashSet<Guid> accounts)
    {
        foreach (var leg in movement.Legs)
        {
            accounts.Add(leg.SourceId);
            accounts.Add(leg.DestinationId);
        }
    }

    private static async Task<DateTimeOffset> ReadTime(NpgsqlDataReader reader)
    {
        await reader.ReadAsync();
        return reader.GetFieldValue<DateTimeOffset>(0);
    }

    // The id is the first column of every row.
    private static async Task<Dictionary<Guid, T>> ReadAll<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, int capacity)
    {
        var rows = new Dictionary<Guid, T>(capacity);
        while (await reader.ReadAsync())
            rows[reader.GetGuid(0)] = read(reader);
        return rows;
    }
}
