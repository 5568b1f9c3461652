using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using Portico.Application.Notifications;
using Portico.Infrastructure.Notifications;
using Portico.Testing;

namespace Portico.IntegrationTests.Notifications;

/// <summary>Notifications from the database to a real mail server.</summary>
public sealed class NotificationDeliveryTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private MailServer _server = null!;
    private TestDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _server = await MailServer.StartAsync(SmtpSecurity.None, withUser: false);
        _database = await TestDatabase.CreateAsync(await SharedStack.GetAsync());
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Writes_to_people_in_their_language_and_forgets_what_it_said()
    {
        await using var process = await Start();
        var ada = await process.PersonAsync("ada@example.org", "ru-RU");

        await process.PostAsync(ada, Notification.Welcome("\u0410\u0434\u0430"));

        var mail = Assert.Single(await _server.TakenBy("ada@example.org"));
        Assert.Contains("\u0410\u0434\u0430", mail.Text, StringComparison.Ordinal);
        Assert.StartsWith("\u0414\u043E\u0431\u0440\u043E", mail.Subject, StringComparison.Ordinal);
        var kept = await process.MessageAsync(ada, "sent");
        Assert.Equal($"<{kept.Id:N}@portico.invalid>", mail.Id);
        Assert.Equal((1, null, "{}"), (kept.Tries, kept.Reason, kept.Fields));
    }

    [Fact]
    public async Task A_notification_of_one_event_is_stored_once()
    {
        await using var process = await Start();
        var ada = await process.PersonAsync("ada@example.org");
        var eventId = Guid.CreateVersion7();

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => process.PostAsync(ada, Notification.PasswordChanged(Noon), eventId)));

        await process.MessageAsync(ada, "sent");
        Assert.Single(await _server.TakenBy("ada@example.org"));
    }

    [Fact]
    public async Task Tries_again_what_failed_for_now_under_the_same_id()
    {
        await using var process = await Start();
        var ada = await process.PersonAsync("once-ada@example.org");

        await process.PostAsync(ada, Notification.Welcome("Ada"));

        var kept = await process.MessageAsync(ada, "sent");
        Assert.Equal((2, null), (kept.Tries, kept.Reason));
        Assert.Equal($"<{kept.Id:N}@portico.invalid>", Assert.Single(await _server.TakenBy("once-ada@example.org")).Id);
    }

    [Fact]
    public async Task A_mail_that_may_have_arrived_is_sent_again_and_can_be_told_by_its_id()
    {
        await using var process = await Start();
        var ada = await process.PersonAsync("lost-ada@example.org");

        await process.PostAsync(ada, Notification.Welcome("Ada"));

        await process.MessageAsync(ada, "sent");
        Assert.Single((await _server.TakenBy("lost-ada@example.org", 2)).Select(mail => mail.Id).Distinct());
    }

    [Fact]
    public async Task A_notification_that_is_rejected_becomes_a_dead_letter_and_delays_no_other()
    {
        await using var process = await Start();
        var (never, full, ada) = (
            await process.PersonAsync("never@example.org"),
            await process.PersonAsync("full@example.org"),
            await process.PersonAsync("ada@example.org"));

        foreach (var person in new[] { never, full, ada })
            await process.PostAsync(person, Notification.Welcome("Ada"));

        await process.MessageAsync(ada, "sent");
        var dead = await process.MessageAsync(never, "dead");
        Assert.Equal((1, "The mail server answered 550 5.1.1 to RCPT."), (dead.Tries, dead.Reason));
        Assert.Contains("Ada", dead.Fields, StringComparison.Ordinal);
        Assert.Equal("The mail server answered 552 5.2.2 to the mail.", (await process.MessageAsync(full, "dead")).Reason);
    }

    [Fact]
    public async Task A_notification_to_a_text_that_is_no_address_becomes_a_dead_letter_and_delays_no_other()
    {
        await using var process = await Start();
        var (odd, ada) = (await process.PersonAsync("odd@example.org"), await process.PersonAsync("ada@example.org"));
        // An import that no rule of Portico has seen.
        await _database.ExecuteAsync("UPDATE users SET email = 'odd one@example.org' WHERE id = $1", odd);

        await process.PostAsync(odd, Notification.Welcome("Odd"));
        await process.PostAsync(ada, Notification.Welcome("Ada"));

        await process.MessageAsync(ada, "sent");
        var dead = await process.MessageAsync(odd, "dead");
        Assert.Equal((1, "The address is not valid."), (dead.Tries, dead.Reason));
    }

    [Fact]
    public async Task Gives_up_what_fails_for_too_long()
    {
        await using var process = await Start(("Mail:GiveUpAfter", "00:00:01"));
        var ada = await process.PersonAsync("later@example.org");

        await process.PostAsync(ada, Notification.Welcome("Ada"));

        var dead = await process.MessageAsync(ada, "dead");
        Assert.True(dead.Tries > 1);
        Assert.Equal($"Given up after {dead.Tries} tries: The mail server answered 451 4.7.1 to RCPT.", dead.Reason);
    }

    [Fact]
    public async Task One_address_gets_a_number_of_notifications_a_day_and_no_restart_brings_more()
    {
        const int count = 6;
        Guid ada, eve;
        await using (var process = await Start(("Mail:MaxPerDay", "2")))
        {
            (ada, eve) = (await process.PersonAsync("ada@example.org"), await process.PersonAsync("eve@example.org"));
            for (var i = 0; i < count; i++)
                await process.PostAsync(ada, Notification.Welcome($"Ada {i}"));
            await process.PostAsync(eve, Notification.Welcome("Eve"));
            await process.MessageAsync(eve, "sent");
            await Eventually.Holds(
                async () => (await process.MessagesAsync(ada)).Count(message => message.Status == "sent") == 2, "two notifications");
        }

        await using (var process = await Start(("Mail:MaxPerDay", "2")))
        {
            // The others would go at once if nobody remembered.
            await _database.ExecuteAsync("UPDATE messages SET due_at = now() WHERE status = 'queued'");
            await Eventually.Holds(async () => await Postponed() == count - 2, "the others to wait");
            Assert.Equal(2, (await _server.TakenBy("ada@example.org", 2)).Length);

            await _database.ExecuteAsync("UPDATE messages SET due_at = now() WHERE status = 'queued'");
            await _database.ExecuteAsync("UPDATE messages SET tried_at = tried_at - interval '1 day' WHERE status = 'sent'");
            await Eventually.Holds(
                async () => (await process.MessagesAsync(ada)).Count(message => message.Status == "sent") == 4, "two more the next day");
        }

        async Task<long> Postponed()
        {
            await using var connection = new Npgsql.NpgsqlConnection(_database.Portico);
            await connection.OpenAsync();
            await using var command = new Npgsql.NpgsqlCommand(
                "SELECT count(*) FROM messages WHERE status = 'queued' AND due_at > now() + interval '50 minutes'", connection);
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }

    [Fact]
    public async Task News_gets_half_of_the_day_so_that_a_warning_has_room()
    {
        await using var process = await Start(("Mail:MaxPerDay", "4"));
        var ada = await process.PersonAsync("ada@example.org");
        for (var i = 0; i < 5; i++)
            await process.PostAsync(ada, Notification.MoneyReceived($"{i}.00 EUR", Noon));
        await Eventually.Holds(
            async () => (await process.MessagesAsync(ada)).Count(message => message.Status == "sent") == 2, "two of them");

        await process.PostAsync(ada, Notification.PasswordChanged(Noon));

        Assert.Equal("Your Portico password was changed", (await _server.TakenBy("ada@example.org", 3))[^1].Subject);
    }

    [Fact]
    public async Task A_notification_that_is_always_over_the_limit_becomes_a_dead_letter()
    {
        await using var process = await Start(("Mail:MaxPerDay", "1"), ("Mail:GiveUpAfter", "00:00:01"));
        var ada = await process.PersonAsync("ada@example.org");
        await process.PostAsync(ada, Notification.PasswordChanged(Noon));
        await process.MessageAsync(ada, "sent");

        await process.PostAsync(ada, Notification.Welcome("Ada"));
        await _database.ExecuteAsync(
            "UPDATE messages SET due_at = now(), queued_at = now() - interval '1 minute' WHERE template = 'welcome'");

        await Eventually.Holds(
            async () => (await process.MessagesAsync(ada))
                .Any(message => message is { Status: "dead", Reason: "The address has reached its limit for the day." }),
            "it to become a dead letter");
    }

    [Fact]
    public async Task Several_processes_send_each_notification_once()
    {
        await using var first = await Start();
        await using var second = await Start();
        await using var third = await Start();
        var people = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => first.PersonAsync($"p{i}@example.org")));

        await Task.WhenAll(
            people.SelectMany(person => Enumerable.Range(0, 6).Select(i => first.PostAsync(person, Notification.Welcome($"No {i}")))));

        foreach (var person in people)
        {
            await Eventually.Holds(
                async () => (await first.MessagesAsync(person)).All(message => message.Status == "sent"), "all to be sent");
        }

        // The server tells of a mail a moment after it has taken it.
        await Eventually.Holds(() => Task.FromResult(_server.Taken.Length >= 60), "60 mails");
        Assert.Equal(60, _server.Taken.Select(mail => mail.Id).Distinct().Count());
        Assert.Equal(60, _server.Taken.Length);
    }

    [Fact]
    public async Task What_somebody_took_and_never_sent_is_taken_over()
    {
        await using var process = await Start();
        var ada = await process.PersonAsync("ada@example.org");
        await process.PostAsync(ada, Notification.Welcome("Ada"));
        await process.MessageAsync(ada, "sent");

        // As after a crash: one process took it, and the time of that process is over.
        await _database.ExecuteAsync(
            "UPDATE messages SET status = 'queued', done_at = NULL, fields = '{\"name\":\"Ada\"}', due_at = now()");

        await _server.TakenBy("ada@example.org", 2);
        Assert.Equal(2, (await process.MessageAsync(ada, "sent")).Tries);
    }

    [Fact]
    public async Task An_idle_process_asks_rarely_and_sends_at_once_what_it_posts()
    {
        await using var process = await Start();
        var ada = await process.PersonAsync("ada@example.org");
        await process.PostAsync(ada, Notification.Welcome("Ada"));
        await process.MessageAsync(ada, "sent");
        // From here on nothing is to be done. Each look at the queue is three statements, every five seconds.
        var statements = new ConcurrentQueue<string>();
        using var listener = Statements(statements);
        var took = TimeSpan.MaxValue;
        // Again when the machine was too busy to send a mail in that time.
        for (var sent = 2; sent <= 4 && took > TimeSpan.FromSeconds(4); sent++)
        {
            statements.Clear();
            var watch = Stopwatch.StartNew();
            // The last statement of a look; its first may have come before the list was cleared.
            await Eventually.Holds(() => Task.FromResult(Count("min(due_at)") > 0), "a look at the queue");
            Assert.InRange(Count("FOR UPDATE SKIP LOCKED"), 0, 2 + (int)(watch.Elapsed.TotalSeconds / 4));

            // It has just looked, so that only the signal can wake it within four seconds.
            watch.Restart();
            await process.PostAsync(ada, Notification.Welcome("Ada again"));
            await _server.TakenBy("ada@example.org", sent);
            took = watch.Elapsed;
        }

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(4));

        int Count(string part) => statements.Count(text => text.Contains(part, StringComparison.Ordinal));
    }

    private ActivityListener Statements(ConcurrentQueue<string> statements)
    {
        var database = new NpgsqlConnectionStringBuilder(_database.Portico).Database;
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                var text = $"{activity.GetTagItem("db.query.text") ?? activity.GetTagItem("db.statement")}";
                if (activity.TagObjects.Any(tag => database!.Equals(tag.Value)))
                    statements.Enqueue(text);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private Task<NotificationProcess> Start(params (string Name, string Value)[] settings) =>
        NotificationProcess.StartAsync(_database, _server, settings);
}
