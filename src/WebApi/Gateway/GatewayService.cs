using System.Collections.Frozen;
using System.Diagnostics;
using System.Net;
using System.Text;
using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.WebApi.Gateway;

/// <summary>One service behind the gateway: its settings and its connections.</summary>
internal sealed class GatewayService : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    public GatewayService(string name, GatewayRoute route)
    {
        (Name, Route) = (name, route);
        Prefix = $"/api/v1/{name}";
        Address = new Uri(route.Address.TrimEnd('/'));
        Destination = Address.GetLeftPart(UriPartial.Path).TrimEnd('/');
        Audience = route.Audience.Length > 0 ? route.Audience : name;
        SentHeaders = GatewayHeaders.SentTo(route);
        ReturnedHeaders = GatewayHeaders.ReturnedFrom(route);
        Client = new HttpMessageInvoker(new OneCall(new SocketsHttpHandler
        {
            // Without it an attempt to connect would outlive its request by minutes.
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            EnableMultipleHttp2Connections = true,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = new TraceOnly(),
            // As the server reads them; with ASCII alone a client could make calls fail, and so open the circuit breaker.
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        }));
    }

    public string Name { get; }

    public GatewayRoute Route { get; }

    /// <summary>The path under which the service is published.</summary>
    public PathString Prefix { get; }

    public Uri Address { get; }

    /// <summary>The address without a slash at its end, to which paths are appended.</summary>
    public string Destination { get; }

    public string Audience { get; }

    public FrozenSet<string> SentHeaders { get; }

    public FrozenSet<string> ReturnedHeaders { get; }

    public HttpMessageInvoker Client { get; }

    /// <summary>The error for a caller who may not call the service, or <c>null</c>.</summary>
    public Error? Refuse(ICurrentUser caller) =>
        Route.Anonymous ? null
        : !caller.IsAuthenticated ? CommonErrors.Unauthenticated
        : Route.Permission.Length > 0 && !caller.Has(Route.Permission) ? CommonErrors.Forbidden
        : null;

    public void Dispose() => Client.Dispose();

    /// <summary>Makes sure that a call is made once.</summary>
    /// <remarks>
    /// The client repeats a request without a body when the server closes the connection before an answer, although the server may have
    /// run it. It does not repeat one with a body, not even an empty one.
    /// </remarks>
    private sealed class OneCall(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method != HttpMethod.Get)
                request.Content ??= new ByteArrayContent([]);
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Sends the trace and no baggage, which any client can write.</summary>
    private sealed class TraceOnly : DistributedContextPropagator
    {
        private const string TraceParent = "traceparent";
        private const string TraceState = "tracestate";

        public override IReadOnlyCollection<string> Fields { get; } = [TraceParent, TraceState];

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
        {
            if (activity?.Id is not { } id || setter is null)
                return;
            setter(carrier, TraceParent, id);
            if (activity.TraceStateString is { Length: > 0 } state)
                setter(carrier, TraceState, state);
        }

        public override void ExtractTraceIdAndState(
            object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
            (traceId, traceState) = (null, null);

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) =>
            null;
    }
}
