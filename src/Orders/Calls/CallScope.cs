using Grpc.Core;
using Portico.Orders.Security;

namespace Portico.Orders.Calls;

/// <summary>What the present call may use: its caller and its time.</summary>
/// <param name="caller">Who calls.</param>
/// <param name="ended">Cancelled when the caller goes away or the time is over.</param>
internal sealed class CallScope(Caller caller, CancellationToken ended)
{
    private static readonly object Key = new();

    public Caller Caller => caller;

    /// <summary>Cancelled when the caller goes away or the deadline passes.</summary>
    /// <remarks>A stream is also cancelled when its token expires or the service stops.</remarks>
    public CancellationToken Ended => ended;

    /// <summary>The scope that <see cref="CallInterceptor"/> has begun.</summary>
    public static CallScope Of(ServerCallContext context) => (CallScope)context.UserState[Key];

    public void Begin(ServerCallContext context) => context.UserState[Key] = this;
}
