using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Portico.Application.Auth;
using Portico.Infrastructure.AccessTokens;
using Portico.WebApi.Http;

namespace Portico.WebApi.Cookies;

/// <summary>The event stream of a session: who is signed in, then heartbeats, and the end of the session within a second.</summary>
/// <remarks>
/// The stream ends with the access token that the server holds, after minutes; the browser connects again by itself, and is checked
/// again. After <c>signedOut</c> the browser gets 401 and gives up. A token version that passed is noticed with the next heartbeat.
/// </remarks>
internal sealed class SessionEventsResult(BrowserSessionDto session) : EventStreamResult<SessionStream>
{
    protected override SessionStream? TryOpen(IServiceProvider services) =>
        services.GetRequiredService<SessionStreams>().TryOpen(session.SessionId);

    protected override async Task Stream(HttpContext http, SessionStream place, CancellationToken gone)
    {
        await http.SendEvent($"retry: 1000\nevent: session\ndata: {JsonSerializer.Serialize(session, ApiJson.Options)}\n\n", gone);
        var services = http.RequestServices;
        var clock = services.GetRequiredService<TimeProvider>();
        var caller = http.Features.GetRequiredFeature<AuthenticatedCaller>();
        var limit = services.GetRequiredService<LimitSettings>().RequestTimeout / 2;
        var pause = limit < LongestPause ? limit : LongestPause;
        while (clock.GetUtcNow() < caller.Claims.ExpiresAt)
        {
            if (await IsDone(place.Ended, pause, clock, gone)
                || !await services.GetRequiredService<ITokenVersions>().Accepts(caller.Claims.Subject, caller.Claims.Epoch, gone))
            {
                // After a new role the browser connects again; it is told the truth by the answer.
                if (place.Ended.IsCompleted)
                    await http.SendEvent("event: signedOut\ndata: {}\n\n", gone);
                return;
            }

            await http.SendEvent(": heartbeat\n\n", gone);
        }
    }

    private static async Task<bool> IsDone(Task ended, TimeSpan pause, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await ended.WaitAsync(pause, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
