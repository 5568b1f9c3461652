using Telegram.Bot;
using Telegram.Bot.Exceptions;

namespace Portico.Infrastructure.Telegram;

/// <summary>The client of the Bot API.</summary>
/// <remarks>
/// Each URL contains the token of the bot: so the calls are in no log and no trace, follow no redirect, and their failures are only named.
/// </remarks>
internal sealed class TelegramApi : IDisposable
{
    /// <summary>How long Telegram keeps a request for updates open.</summary>
    public static readonly TimeSpan PollTime = TimeSpan.FromSeconds(25);

    private readonly HttpClient _http;

    public TelegramApi(TelegramSettings settings)
    {
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                ActivityHeadersPropagator = null,
                AllowAutoRedirect = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                ConnectTimeout = settings.Timeout,
            })
        {
            Timeout = PollTime + TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = 4 * 1024 * 1024,
        };
        // No retry of its own: a code does not wait.
        var options = new TelegramBotClientOptions(settings.Token, settings.ApiUrl) { RetryCount = 0, RetryThreshold = 0 };
        Bot = new TelegramBotClient(options, _http);
    }

    public ITelegramBotClient Bot { get; }

    /// <summary>Whether a call failed at Telegram or on the way to it; anything else is a bug.</summary>
    public static bool IsOutage(Exception failure) => failure is RequestException or HttpRequestException or OperationCanceledException;

    /// <summary>What is known of a failure, without the URL.</summary>
    public static string Name(Exception failure) => failure is ApiRequestException refusal
        ? $"{refusal.ErrorCode} {refusal.Message}"
        : $"{failure.GetType().Name}, {failure.GetBaseException().GetType().Name}";

    public void Dispose() => _http.Dispose();
}
