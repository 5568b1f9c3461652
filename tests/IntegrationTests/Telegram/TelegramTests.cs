using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Web;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using Portico.Infrastructure.Notifications;
using Portico.IntegrationTests.OAuth;
using Portico.Testing;
using Portico.Testing.Providers;
using StackExchange.Redis;

namespace Portico.IntegrationTests.Telegram;

/// <summary>Codes in a Telegram chat: its link, the choice of the channel, and the way back to the address.</summary>
[Collection(OAuthWorld.Tests.Name)]
public sealed class TelegramTests(OAuthWorld world)
{
    private const string Telegram = "/api/v1/users/me/telegram";

    private PorticoApp App => world.App;

    private FakeTelegram Bot => world.Telegram;

    [Fact]
    public async Task Links_a_chat_by_a_link_that_works_once_and_sends_codes_there_until_it_is_unlinked()
    {
        var person = await App.SignUpAsync();
        var (chat, other) = (NewChat(), NewChat());
        var me = await person.GetAsync(Telegram).Json(HttpStatusCode.OK);
        Assert.Equal("""{"isAvailable":true,"linkedAt":null}""", me.GetRawText());

        var token = await LinkAsync(person, chat);
        var reply = await Bot.MessageAsync(chat);
        Assert.StartsWith("This chat can now get the codes of the Portico account", reply, StringComparison.Ordinal);
        // So that a person who got the link of somebody else notices it, and learns no address.
        Assert.DoesNotContain(person.Email, reply, StringComparison.Ordinal);
        Assert.Contains("@example.org", reply, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.String, (await person.GetAsync(Telegram).Json(HttpStatusCode.OK)).GetProperty("linkedAt").ValueKind);
        await App.MessageAsync(person.Email, text => text.Contains("Telegram was linked", StringComparison.Ordinal));

        Bot.Write(other, $"/start {token}", language: "ru");
        Assert.StartsWith("\u042D\u0442\u0430 ", await Bot.MessageAsync(other), StringComparison.Ordinal);

        await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { codeChannel = "telegram" }).Json(HttpStatusCode.OK);
        Assert.Equal("telegram", (await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK)).Text("codeChannel"));
        await ResetAsync(person.Email);

        var message = await Bot.MessageAsync(chat, 2);
        Assert.Contains("sets a new password", message, StringComparison.Ordinal);
        var code = Assert.Single(Regex.Matches(message, "[0-9]{6,}", RegexOptions.None, TimeSpan.FromSeconds(1))).Value;
        await App.Client.Post("auth/confirm-reset-password", new { person.Email, code, newPassword = person.Password + "!" })
            .Json(HttpStatusCode.NoContent);
        person.Password += "!";
        person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));

        await person.SendAsync(HttpMethod.Delete, Telegram).Json(HttpStatusCode.NoContent);
        await person.SendAsync(HttpMethod.Delete, Telegram).Problem(HttpStatusCode.NotFound, "not_found");
        Assert.Equal("address", (await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK)).Text("codeChannel"));
        await App.MessageAsync(person.Email, text => text.Contains("Telegram was unlinked", StringComparison.Ordinal));
        Assert.Equal(2, Bot.In(chat).Count);
        Assert.Equal(
            "user.telegram_linked, user.telegram_unlinked",
            await App.Database.TextAsync(
                "SELECT string_agg(action, ', ' ORDER BY id) FROM audit_log WHERE subject_id = $1 AND action LIKE 'user.telegram%'",
                person.Id.ToString()));
    }

    [Fact]
    public async Task An_update_that_comes_again_gets_the_same_answer_while_the_chat_is_linked()
    {
        var person = await App.SignUpAsync();
        var chat = NewChat();
        var token = await LinkAsync(person, chat);
        var reply = await Bot.MessageAsync(chat);

        // Telegram sends it again to a process that starts after a crash.
        Bot.Write(chat, $"/start {token}");
        Assert.Equal(reply, await Bot.MessageAsync(chat, 2));
        Assert.Equal(
            "1",
            await App.Database.TextAsync(
                "SELECT count(*)::text FROM audit_log WHERE subject_id = $1 AND action = 'user.telegram_linked'", person.Id.ToString()));

        await person.SendAsync(HttpMethod.Delete, Telegram).Json(HttpStatusCode.NoContent);
        Bot.Write(chat, $"/start {token}");
        Assert.StartsWith("This link is used, expired or not valid", await Bot.MessageAsync(chat, 3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_code_of_a_sign_in_goes_where_the_request_says()
    {
        var person = await App.SignUpAsync();
        var chat = NewChat();
        await LinkAsync(person, chat);
        await Bot.MessageAsync(chat);
        for (var failures = 0; failures < 2; failures++)
            await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");

        var challenge = await App.Client.Post("auth/login", new { person.Email, person.Password, channel = "telegram" })
            .Json(HttpStatusCode.Accepted);

        Assert.Equal("""["addressCode"]""", challenge.GetProperty("methods").GetRawText());
        var message = await Bot.MessageAsync(chat, 2);
        Assert.Contains("finishes a sign-in", message, StringComparison.Ordinal);
        await world.ProveAsync(challenge, PorticoApp.CodeIn($"\r\n\r\n{message}")).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_way_that_the_user_does_not_have_is_the_address_and_nobody_learns_of_it()
    {
        var (person, stranger, phone) = (await App.SignUpAsync(), PorticoApp.NewEmail(), PorticoApp.NewPhone());
        string[] answers = [Form(await ResetAsync(person.Email, "telegram")), Form(await ResetAsync(stranger, "telegram"))];
        Assert.Single(answers.Distinct());
        await App.MessageAsync(person.Email, IsReset);

        var reachable = await App.SignUpAsync();
        await App.Database.ExecuteAsync("UPDATE users SET phone = $1, phone_verified_at = now() WHERE id = $2", phone, reachable.Id);
        await ResetAsync(reachable.Email, "sms");
        Assert.Contains("sets a new password", await App.MessageAsync(phone), StringComparison.Ordinal);

        // A code that proves an address goes there.
        var address = PorticoApp.NewEmail();
        await App.Client.Post("auth/verify-code", new { email = address, reason = "registration", channel = "telegram" })
            .Json(HttpStatusCode.Accepted);
        await App.MessageAsync(address);
        await App.Client.Post("auth/reset-password", new { email = address, reason = "forgotten", channel = "pigeon" })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task A_chat_has_one_user_and_a_user_the_newest_chat()
    {
        var (person, victim) = (await App.SignUpAsync(), await App.SignUpAsync());
        var (first, second) = (NewChat(), NewChat());
        await LinkAsync(victim, first);
        await Bot.MessageAsync(first);

        // The victim opens the link of somebody else.
        await LinkAsync(person, first);
        Assert.StartsWith("This chat is linked to another Portico account", await Bot.MessageAsync(first, 2), StringComparison.Ordinal);
        await LinkAsync(victim, second);
        await Bot.MessageAsync(second);

        // A link is not yet a choice.
        await ResetAsync(victim.Email);
        await App.MessageAsync(victim.Email, IsReset);
        Assert.Single(Bot.In(second));
        Assert.Equal(
            $"{victim.Id} {second}",
            await App.Database.TextAsync(
                "SELECT string_agg(user_id || ' ' || chat_id, ', ') FROM identity.telegram_chats WHERE user_id = $1 OR user_id = $2",
                person.Id, victim.Id));
    }

    [Fact]
    public async Task A_link_needs_a_fresh_session_and_dies_with_the_password_and_works_in_no_group()
    {
        var person = await App.SignUpAsync();
        var (chat, group) = (NewChat(), NewChat());
        var token = await TokenAsync(person);
        Bot.Write(group, $"/start {token}", chatType: "group");
        person.Take(await person.UpdatePasswordAsync(person.Password + "!").Json(HttpStatusCode.OK));
        Bot.Write(chat, $"/start {token}");

        Assert.StartsWith("This link is used, expired or not valid", await Bot.MessageAsync(chat), StringComparison.Ordinal);
        Assert.Empty(Bot.In(group));

        await using var redis = await ConnectionMultiplexer.ConnectAsync(App.Stack.Redis.ConnectionString);
        await redis.GetDatabase().HashSetAsync(
            $"{App.Settings["Redis:KeyPrefix"]}session:{{{person.Id:N}}}:{person.SessionId:N}",
            "created",
            DateTimeOffset.UtcNow.AddMinutes(-11).ToUnixTimeMilliseconds());
        await person.SendAsync(HttpMethod.Post, Telegram).Problem(HttpStatusCode.Forbidden, "session_not_fresh");
    }

    [Fact]
    public async Task A_code_that_telegram_does_not_take_goes_to_the_address_and_no_answer_waits_for_it()
    {
        var person = await App.SignUpAsync();
        var chat = NewChat();
        await LinkAsync(person, chat);
        await Bot.MessageAsync(chat);

        Bot.Blocked[chat] = true;
        await ResetAsync(person.Email, "telegram");
        await App.MessageAsync(person.Email, IsReset);

        // The answer comes although Telegram never does.
        Bot.Blocked.Clear();
        Bot.Fault = TelegramFault.Silent;
        var other = await App.SignUpAsync();
        await App.Database.ExecuteAsync(
            "INSERT INTO identity.telegram_chats (id, user_id, chat_id, linked_at) VALUES (gen_random_uuid(), $1, $2, now())",
            other.Id, NewChat());
        await ResetAsync(other.Email, "telegram");
        await App.MessageAsync(other.Email, IsReset);

        // It is left out for a while, and used again afterwards.
        Bot.Fault = TelegramFault.None;
        var channel = App.Services.GetRequiredService<IChatChannel>();
        Assert.True(ContactAddress.TryParseEmail(person.Email, out var email));
        await Eventually.Holds(() => channel.TrySend(person.Id, new Message(email, "", "again"), default), "Telegram is used again");
        Assert.Equal("again", Bot.In(chat)[^1]);
    }

    [Fact]
    public async Task A_link_that_is_opened_while_the_database_stops_works_afterwards()
    {
        var person = await App.SignUpAsync();
        var chat = NewChat();
        // A sequence counts what is rolled back too.
        await App.Database.ExecuteAsOwnerAsync(
            $"""
            CREATE SEQUENCE public.stops;
            GRANT SELECT ON SEQUENCE public.stops TO portico_app;
            CREATE FUNCTION public.stop() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF NEW.chat_id = {chat} AND nextval('public.stops') = 1 THEN
                    PERFORM pg_terminate_backend(pg_backend_pid());
                    PERFORM pg_sleep(60);
                END IF;
                RETURN NEW;
            END
            $$;
            CREATE TRIGGER stop BEFORE INSERT ON identity.telegram_chats FOR EACH ROW EXECUTE FUNCTION public.stop()
            """);

        await LinkAsync(person, chat);

        Assert.StartsWith("This chat can now get the codes", await Bot.MessageAsync(chat), StringComparison.Ordinal);
        Assert.Equal("2", await App.Database.TextAsync("SELECT last_value::text FROM public.stops"));
        await App.Database.ExecuteAsOwnerAsync("DROP FUNCTION public.stop CASCADE; DROP SEQUENCE public.stops");
    }

    [Fact]
    public async Task A_deleted_user_has_no_chat()
    {
        var person = await App.SignUpAsync();
        var chat = NewChat();
        await LinkAsync(person, chat);
        await Bot.MessageAsync(chat);

        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new { person.Password }).Json(HttpStatusCode.NoContent);

        Assert.Equal("0", await App.Database.TextAsync("SELECT count(*)::text FROM identity.telegram_chats WHERE chat_id = $1", chat));
    }

    private static bool IsReset(string text) => text.Contains("sets a new password", StringComparison.Ordinal);

    private static long NewChat() => RandomNumberGenerator.GetInt32(1, int.MaxValue);

    private static string Form(JsonElement answer) => $"{answer.GetProperty("expiresIn")} {answer.EnumerateObject().Count()}";

    private Task<JsonElement> ResetAsync(string email, string? channel = null) => App.Client.PostAsJsonAsync(
        "/api/v1/auth/reset-password",
        channel is null ? (object)new { email, reason = "forgotten" } : new { email, reason = "forgotten", channel })
        .Json(HttpStatusCode.Accepted);

    private static async Task<string> TokenAsync(TestPerson person)
    {
        var link = await person.SendAsync(HttpMethod.Post, Telegram).Json(HttpStatusCode.OK);
        var url = new Uri(link.Text("url"));
        Assert.Equal($"https://t.me/{FakeTelegram.BotName}", url.GetLeftPart(UriPartial.Path));
        return HttpUtility.ParseQueryString(url.Query)["start"]!;
    }

    private async Task<string> LinkAsync(TestPerson person, long chat)
    {
        var token = await TokenAsync(person);
        Bot.Write(chat, $"/start {token}");
        return token;
    }
}
