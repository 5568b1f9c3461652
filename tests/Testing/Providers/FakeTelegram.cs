using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Portico.Testing.Providers;

/// <summary>What the Bot API does wrong.</summary>
public enum TelegramFault
{
    None,

    /// <summary>429 with <c>retry_after</c>.</summary>
    TooManyRequests,

    /// <summary>500, as a gateway without JSON.</summary>
    Broken,

    /// <summary>It takes the request and answers nothing until the caller hangs up.</summary>
    Silent,

    /// <summary>It takes the request and cuts the connection.</summary>
    Cut,
}

/// <summary>A message that a chat got from the bot.</summary>
public sealed record TelegramMessage(long ChatId, string Text);

/// <summary>The Bot API of Telegram on a real server: <c>getMe</c>, <c>getUpdates</c>, <c>sendMessage</c>, <c>deleteWebhook</c>.</summary>
/// <remarks>Documented at https://core.telegram.org/bots/api. A second request for updates ends the first one with 409, as there.</remarks>
public sealed class FakeTelegram : IAsyncDisposable
{
    public const string Token = "123456789:AAF4kE-t0ken_of-the_fake_bot_0123456789";
    public const string BotName = "portico_test_bot";

    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, JsonObject> _updates = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _poll;
    private bool _hasWebhook = true;
    private int _lastId = 100;

    private FakeTelegram(WebApplication app) => _app = app;

    public Uri Address => _app.Address();

    public ConcurrentQueue<TelegramMessage> Sent { get; } = [];

    /// <summary>The chats whose persons have blocked the bot.</summary>
    public ConcurrentDictionary<long, bool> Blocked { get; } = new();

    /// <summary>What is wrong with <c>sendMessage</c>.</summary>
    public TelegramFault Fault { get; set; }

    /// <summary>The number of calls of <c>sendMessage</c>.</summary>
    public int Calls { get; private set; }

    public static async Task<FakeTelegram> StartAsync()
    {
        var app = LoopbackApp.Create();
        var fake = new FakeTelegram(app);
        app.MapPost("/{bot}/{method}", fake.AnswerAsync);
        await app.StartAsync();
        return fake;
    }

    /// <summary>The settings of an application that uses it.</summary>
    public IDictionary<string, string?> Settings() => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Telegram:Token"] = Token,
        ["Telegram:BotName"] = BotName,
        ["Telegram:ApiUrl"] = $"{Address}",
    };

    /// <summary>A person writes to the bot.</summary>
    public void Write(long chatId, string text, string chatType = "private", string language = "en")
    {
        lock (_gate)
        {
            var id = ++_lastId;
            _updates[id] = new JsonObject
            {
                ["update_id"] = id,
                ["message"] = new JsonObject
                {
                    ["message_id"] = id,
                    ["from"] = new JsonObject
                    {
                        ["id"] = chatId,
                        ["is_bot"] = false,
                        ["first_name"] = "Ada",
                        ["language_code"] = language,
                    },
                    ["chat"] = new JsonObject { ["id"] = chatId, ["type"] = chatType, ["first_name"] = "Ada" },
                    ["date"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
                    ["text"] = text,
                    ["entities"] = new JsonArray(new JsonObject { ["offset"] = 0, ["length"] = 6, ["type"] = "bot_command" }),
                },
            };
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    /// <summary>The messages that a chat got, the newest last.</summary>
    public IReadOnlyList<string> In(long chatId) => [.. Sent.Where(message => message.ChatId == chatId).Select(message => message.Text)];

    /// <summary>The newest message of a chat, once it has this many.</summary>
    public Task<string> MessageAsync(long chatId, int count = 1) => Eventually.Get(
        () => Task.FromResult(In(chatId) is { } sent && sent.Count >= count ? sent[count - 1] : null),
        $"message {count} in the chat {chatId}");

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _poll?.Cancel();
        await _app.DisposeAsync();
        _poll?.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var parameters = (context.Request.ContentLength ?? 0) > 0 || context.Request.Headers.TransferEncoding.Count > 0
            ? await JsonNode.ParseAsync(context.Request.Body) as JsonObject
            : null;
        if ($"{context.Request.RouteValues["bot"]}" != $"bot{Token}")
        {
            await RefuseAsync(context, 401, "Unauthorized");
            return;
        }

        switch ($"{context.Request.RouteValues["method"]}")
        {
            case "getMe":
                await SucceedAsync(context, new { id = 123456789, is_bot = true, first_name = "Portico", username = BotName });
                break;
            case "deleteWebhook":
                _hasWebhook = false;
                await SucceedAsync(context, true);
                break;
            case "getUpdates":
                await GiveUpdatesAsync(context, parameters);
                break;
            case "sendMessage":
                await TakeMessageAsync(context, parameters!);
                break;
            default:
                await RefuseAsync(context, 404, "Not Found");
                break;
        }
    }

    private async Task GiveUpdatesAsync(HttpContext context, JsonObject? parameters)
    {
        if (_hasWebhook)
        {
            await RefuseAsync(context, 409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first");
            return;
        }

        CancellationTokenSource poll;
        lock (_gate)
        {
            _poll?.Cancel();
            poll = _poll = new CancellationTokenSource();
            foreach (var done in _updates.Keys.Where(id => id < (int?)parameters?["offset"]).ToArray())
                _updates.Remove(done);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(poll.Token, context.RequestAborted);
        stop.CancelAfter(TimeSpan.FromSeconds((int?)parameters?["timeout"] ?? 0));
        while (true)
        {
            JsonNode[] updates;
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
                updates = [.. _updates.Values.Take((int?)parameters?["limit"] ?? 100).Select(update => update.DeepClone())];
            }

            if (updates.Length > 0 || stop.IsCancellationRequested)
            {
                if (poll.IsCancellationRequested)
                    await RefuseAsync(context, 409, "Conflict: terminated by other getUpdates request");
                else
                    await SucceedAsync(context, updates);
                return;
            }

            await Task.WhenAny(changed, Task.Delay(Timeout.Infinite, stop.Token));
        }
    }

    private async Task TakeMessageAsync(HttpContext context, JsonObject parameters)
    {
        Calls++;
        // Telegram takes an id as a number or as text.
        var chatId = long.Parse(parameters["chat_id"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture);
        switch (Fault)
        {
            case TelegramFault.TooManyRequests:
                await RefuseAsync(context, 429, "Too Many Requests: retry after 30", new { retry_after = 30 });
                return;
            case TelegramFault.Broken:
                context.Response.StatusCode = 502;
                await context.Response.WriteAsync("<html>Bad Gateway</html>");
                return;
            case TelegramFault.Cut:
                context.Abort();
                return;
            case TelegramFault.Silent:
                await Task.WhenAny(Task.Delay(Timeout.Infinite, context.RequestAborted));
                return;
        }

        if (Blocked.ContainsKey(chatId))
        {
            await RefuseAsync(context, 403, "Forbidden: bot was blocked by the user");
            return;
        }

        var text = (string)parameters["text"]!;
        Sent.Enqueue(new TelegramMessage(chatId, text));
        await SucceedAsync(context, new
        {
            message_id = Calls,
            chat = new { id = chatId, type = "private", first_name = "Ada" },
            date = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            text,
        });
    }

    private static Task SucceedAsync(HttpContext context, object result) =>
        context.Response.WriteAsJsonAsync(new { ok = true, result }, JsonSerializerOptions.Default);

    private static Task RefuseAsync(HttpContext context, int status, string description, object? parameters = null)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            parameters is null
                ? (object)new { ok = false, error_code = status, description }
                : new { ok = false, error_code = status, description, parameters },
            JsonSerializerOptions.Default);
    }
}
