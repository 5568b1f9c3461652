using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Portico.Application.Common;
using Portico.WebApi.Http;

namespace Portico.WebApi.Rpc;

/// <summary>Counts every call for the limits of requests, and gives it a deadline, and every failure a status with details.</summary>
internal sealed partial class RpcInterceptor(GrpcSettings settings, CallerRateLimit limit, ILogger<RpcInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        if (limit.Refuse(context.GetHttpContext()) is { } tooMany)
            throw RpcErrors.Of(tooMany);
        // Requests of Envoy are not checked: nothing of them is stored, and there are very many.
        if (request is IMessage { Descriptor.File.Package: "portico.auth.v1" } message
            && RpcTexts.Problems(message) is { } problems)
        {
            throw RpcErrors.Of(HttpError.Of(CommonErrors.Validation(problems)));
        }

        RequestDeadline.Shorten(
            context.GetHttpContext(), context.Deadline == DateTime.MaxValue ? settings.DefaultDeadline : settings.MaxDeadline);
        try
        {
            return await continuation(request, context);
        }
        catch (Exception failure) when (failure is not RpcException)
        {
            throw context.CancellationToken.IsCancellationRequested ? RpcErrors.Of(HttpErrors.Timeout) : Explain(failure, context);
        }
    }

    private RpcException Explain(Exception failure, ServerCallContext context)
    {
        var error = FailureMapper.Explain(failure, context.GetHttpContext());
        if (error.Status == StatusCodes.Status500InternalServerError)
            LogFailed(failure, context.Method);
        return RpcErrors.Of(error);
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} failed unexpectedly.")]
    private partial void LogFailed(Exception failure, string method);
}
