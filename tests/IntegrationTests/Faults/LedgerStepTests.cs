using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portico.Application.Ledger;
using Portico.DevStack;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Faults;

/// <summary>
/// A web API in this process and one in its own, which remember no accounts, one that does, all behind a proxy, and somebody with money.
/// </summary>
public sealed class SteppedLedger : IAsyncLifetime
{
    public LocalStack Stack { get; private set; } = null!;
    public PorticoApp App { get; private set; } = null!;
    public PorticoApp Remembering { get; private set; } = null!;
    public TestPerson Ada { get; private set; } = null!;
    public Guid From { get; private set; }
    public Guid To { get; private set; }
    internal PostgresProxy Proxy { get; private set; } = null!;
    internal PorticoProcess Process { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Stack = await LocalStack.StartAsync(new LocalStackOptions());
        Proxy = new PostgresProxy(Stack.Postgres.Port);
        var database = await TestDatabase.CreateAsync(Stack);
        var behind = new NpgsqlConnectionStringBuilder(database.Portico)
        {
            Port = Proxy.Port,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable
        };
        App = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Stack = Stack,
            Database = database,
            Settings = { ["ConnectionStrings:Portico"] = behind.ConnectionString, ["Ledger:RememberedAccounts"] = "0" },
        });
        Remembering = await PorticoApp.StartAsync(
            new PorticoAppOptions { ReplicaOf = App, Settings = { ["Ledger:RememberedAccounts"] = null } });
        Process = await PorticoProcess.StartAsync(App, new Dictionary<string, string?>(StringComparer.Ordinal));
        Ada = await App.SignUpAsync();
        (From, To) = (await Ada.OpenWalletAsync(), await Ada.OpenWalletAsync());
        await (await App.ManagerAsync()).DepositAsync(App, From, "100.00");
    }

    public async Task DisposeAsync()
    {
        await Process.DisposeAsync();
        await Remembering.DisposeAsync();
        await App.DisposeAsync();
        await Proxy.DisposeAsync();
        await Stack.DisposeAsync();
    }
}

/// <summary>Ends a connection, the web API, or PostgreSQL at each single step of a transfer.</summary>
public sealed class LedgerStepTests(SteppedLedger ledger) : IClassFixture<SteppedLedger>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<WriteStep> Steps => [.. Enum.GetValues<WriteStep>()];

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_lost_connection_is_no_matter_to_the_client(WriteStep step)
    {
        await Pay(ledger.App.Client, NewKey());
        await IsPaidOnceAlthoughCut(step, ledger.App.Client);
    }

    [Theory]
    [InlineData(WriteStep.BeforeBegin)]
    [InlineData(WriteStep.AfterCommit)]
    public async Task A_lost_connection_is_no_matter_to_a_transfer_of_remembered_accounts(WriteStep step)
    {
        await RememberAsync();
        await IsPaidOnceAlthoughCut(step, ledger.Remembering.Client);
    }

    [Fact]
    public async Task Remembered_accounts_are_locked_and_read_only_before_a_refusal()
    {
        await RememberAsync();
        var read = ledger.Proxy.Arm(WriteStep.AfterLocks, () => Task.CompletedTask);
        Assert.Equal(HttpStatusCode.Created, (await Pay(ledger.Remembering.Client, NewKey())).Status);
        Assert.Equal(HttpStatusCode.Created, (await Pay(ledger.Remembering.Client, NewKey())).Status);
        Assert.False(read.IsCompleted);

        using var refused = await ledger.Ada.SendAsync(
            ledger.Remembering.Client, "transfers", LedgerPeople.Transfer(ledger.From, ledger.To, "1000000.00"), NewKey());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        await read.WaitAsync(Patience);
    }

    [Fact]
    public async Task An_account_that_is_not_remembered_is_read_without_locks()
    {
        await RememberAsync();
        var unknown = await ledger.Ada.OpenWalletAsync();
        var locked = ledger.Proxy.Arm(WriteStep.AfterLocks, () => Task.CompletedTask);

        using var paid = await ledger.Ada.SendAsync(
            ledger.Remembering.Client, "transfers", LedgerPeople.Transfer(ledger.From, unknown, "1.00"), NewKey());
        using var paidBack = await ledger.Ada.SendAsync(
            ledger.Remembering.Client, "transfers", LedgerPeople.Transfer(unknown, ledger.From, "1.00"), NewKey());

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (paid.StatusCode, paidBack.StatusCode));
        Assert.False(locked.IsCompleted);
        // Nothing else uses up the fault.
        await Pay(ledger.App.Client, NewKey());
        await locked.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_lost_answer_is_no_matter_to_an_instruction_without_a_key()
    {
        await Pay(ledger.App.Client, NewKey());
        var before = await Balance();
        var id = Guid.CreateVersion7();
        var fault = ledger.Proxy.Arm(WriteStep.AfterCommit, () => Task.CompletedTask);

        var result = await ledger.App.Services.GetRequiredService<ILedger>().Execute(
            Movement.Transfer(
                id, ledger.Ada.Id, [new Leg(id, ledger.From, ledger.To, Money.Of(1, Currency.Of("EUR")), null)]), CancellationToken.None);

        await fault.WaitAsync(Patience);
        Assert.Null(result.Error);
        Assert.Equal(id, result.Journals.Single().Id);
        Assert.Equal(before - 100, await Balance());
        await LedgerChecker.CheckAsync(ledger.App.Database.Portico);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_web_API_that_is_killed_loses_nothing_and_pays_nothing_twice(WriteStep step)
    {
        // An earlier step killed it.
        if (!ledger.Process.IsRunning)
            await ledger.Process.StartAsync();
        await Pay(ledger.Process.Client, NewKey());
        var (before, key) = (await Balance(), NewKey());
        var fault = ledger.Proxy.Arm(step, ledger.Process.KillAsync);

        var first = Try(ledger.Process.Client, key);
        await fault.WaitAsync(Patience);
        Assert.Null(await first);
        // That it was killed at this very step.
        Assert.Equal(step == WriteStep.AfterCommit ? before - 100 : before, await Balance());

        // Another replica takes the retry.
        var told = await Pay(ledger.App.Client, key);
        Assert.Equal(step == WriteStep.AfterCommit, told.IsReplay);
        await IsPaidOnce(before, told, key, ledger.App.Client);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_PostgreSQL_that_is_killed_loses_nothing_and_pays_nothing_twice(WriteStep step)
    {
        await Pay(ledger.App.Client, NewKey());
        var (before, key) = (await Balance(), NewKey());
        var fault = ledger.Proxy.Arm(step, ledger.Stack.Postgres.KillAsync);

        var first = Try(ledger.App.Client, key);
        await fault.WaitAsync(Patience);
        await ledger.Stack.Postgres.RestartAsync();
        await ledger.Stack.Postgres.WaitUntilReadyAsync();

        var told = await Pay(ledger.App.Client, key);
        Assert.True(await first is not { } earlier || earlier.Body == told.Body);
        await IsPaidOnce(before, told, key, ledger.App.Client);
    }

    /// <summary>Each trigger ends its own server process, once, at a step within the second round trip.</summary>
    [Theory]
    [InlineData("CREATE TRIGGER die AFTER INSERT ON ledger.journals FOR EACH ROW EXECUTE FUNCTION die()")]
    [InlineData("CREATE TRIGGER die AFTER INSERT ON ledger.idempotency FOR EACH ROW EXECUTE FUNCTION die()")]
    [InlineData("CREATE TRIGGER die AFTER UPDATE ON ledger.accounts FOR EACH ROW EXECUTE FUNCTION die()")]
    [InlineData(
        "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON ledger.journals DEFERRABLE INITIALLY DEFERRED "
        + "FOR EACH ROW EXECUTE FUNCTION die()")]
    public async Task A_server_process_that_ends_between_the_rows_leaves_none(string trigger)
    {
        await Pay(ledger.App.Client, NewKey());
        var (before, key) = (await Balance(), NewKey());
        // A sequence counts what is rolled back too.
        await Execute(
            $"""
            CREATE SEQUENCE deaths;
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF nextval('public.deaths') = 1 THEN
                    PERFORM pg_terminate_backend(pg_backend_pid());
                    PERFORM pg_sleep(60);
                END IF;
                RETURN NULL;
            END
            $$;
            {trigger}
            """);

        var told = await Pay(ledger.App.Client, key);

        Assert.True(await Execute("SELECT last_value FROM deaths") is > 1L, "Nothing ended.");
        await Execute("DROP FUNCTION die CASCADE; DROP SEQUENCE deaths");
        await IsPaidOnce(before, told, key, ledger.App.Client);
    }

    /// <summary>Reads the accounts with a new connection, which does not know yet that others change them.</summary>
    private async Task RememberAsync()
    {
        await Pay(ledger.Remembering.Client, NewKey());
        var cut = ledger.Proxy.Arm(WriteStep.BeforeBegin, () => Task.CompletedTask);
        await Pay(ledger.Remembering.Client, NewKey());
        await cut.WaitAsync(Patience);
    }

    private async Task IsPaidOnceAlthoughCut(WriteStep step, HttpClient client)
    {
        var (before, key) = (await Balance(), NewKey());
        var fault = ledger.Proxy.Arm(step, () => Task.CompletedTask);

        var told = await Pay(client, key);

        await fault.WaitAsync(Patience);
        Assert.True(told is { Status: HttpStatusCode.Created, IsReplay: false }, $"{told}");
        await IsPaidOnce(before, told!, key, client);
    }

    private async Task IsPaidOnce(decimal before, Answer told, string key, HttpClient client)
    {
        Assert.Equal(HttpStatusCode.Created, told.Status);
        var again = await Pay(client, key);
        Assert.Equal((told.Body, true), (again.Body, again.IsReplay));
        Assert.Equal(before - 100, await Balance());
        await LedgerChecker.CheckAsync(ledger.App.Database.Portico);
    }

    /// <summary>As a careful client does: the same key until there is an answer.</summary>
    private Task<Answer> Pay(HttpClient client, string key) => Eventually.Get(() => Try(client, key), "the payment is answered");

    private async Task<Answer?> Try(HttpClient client, string key)
    {
        try
        {
            using var answer = await ledger.Ada.SendAsync(client, "transfers", LedgerPeople.Transfer(ledger.From, ledger.To, "1.00"), key);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable
                ? null
                : new Answer(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Contains("Idempotency-Replayed"));
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
        {
            return null;
        }
    }

    /// <summary>What is in the wallet, in cents.</summary>
    private async Task<decimal> Balance() => (decimal)(await Execute($"SELECT posted FROM ledger.accounts WHERE id = '{ledger.From}'"))!;

    private Task<object?> Execute(string sql) => Sql.ScalarAsync<object?>(ledger.App.Database.Superuser, sql);

    private static string NewKey() => $"{Guid.NewGuid()}";

    private sealed record Answer(HttpStatusCode Status, string Body, bool IsReplay);
}
