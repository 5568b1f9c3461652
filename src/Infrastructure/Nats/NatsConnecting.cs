using NATS.Client.Core;

namespace Portico.Infrastructure.Nats;

/// <summary>Opens connections to NATS.</summary>
public static class NatsConnecting
{
    /// <summary>Opens a connection, however long the server takes to come up; from then on it reconnects by itself.</summary>
    /// <remarks>The client's own <c>RetryOnInitialConnect</c> can't be cancelled, and keeps the reason of a failure to itself.</remarks>
    /// <param name="nats">The connection.</param>
    /// <param name="onFailure">Gets the reason of each failed attempt.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
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
