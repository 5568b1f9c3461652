using NATS.Client.Core;

namespace Portico.Infrastructure.Nats;

/// <summary>Opens connections to NATS.</summary>
public static class NatsConnecting
{
    /// <summary>Opens a connection and retries until the server is available; after that the client reconnects automatically.</summary>
    /// <remarks>The client option <c>RetryOnInitialConnect</c> can't be cancelled and does not report the reason of a failure.</remarks>
    /// <param name="nats">The connection.</param>
    /// <param name="onFailure">Called with the reason of each failed attempt.</param>
    /// <param name="cancellationToken">Stops the attempts.</param>
    public static async Task OpenAsync(this NatsConnection nats, Action<string> onFailure, CancellationToken cancellationToken)
    {
        var pause = nats.Opts.ReconnectWaitMin;
        while (true)
        {
            try
            {
                await nats.ConnectAsync().AsTask().WaitAsync(cancellationToken);
                return;
            }
            catch (NatsException failure)
            {
                onFailure(Reason(failure));
            }

            await Task.Delay(pause, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, nats.Opts.ReconnectWaitMax.Ticks));
        }
    }

    private static string Reason(NatsException failure) =>
        failure.GetBaseException() is var cause && cause != failure ? $"{failure.Message}: {cause.Message}" : failure.Message;
}
