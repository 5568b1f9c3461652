using Grpc.AspNetCore.Server;

namespace Portico.WebApi.Http;

/// <summary>Serves gRPC only at its own address, and nothing else there.</summary>
internal sealed class GrpcGate(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null == Listeners.IsGrpc(context)
            ? next(context)
            : context.Refuse(HttpErrors.NotFound);
}
