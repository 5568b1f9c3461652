using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Orders.Domain;
using Portico.Orders.Security;

namespace Portico.Orders.Calls;

/// <summary>Guards every call: the caller, the time, the status with its details, and one log line.</summary>
/// <remarks>A log line never has a token, an id or a field of a request.</remarks>
internal sealed partial class CallInterceptor(
    CallSettings settings, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<CallInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        await RunAsync(
            context,
            _ => context.Deadline == DateTime.MaxValue ? settings.DefaultDeadline : settings.MaxDeadline,
            OrderErrors.DeadlineExceeded,
            async () => response = await continuation(request, context),
            // While the service drains, calls are still taken, and those that run finish.
            stopping: CancellationToken.None);
        return response!;
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) => RunAsync(
            context,
            caller => caller.ExpiresAt - clock.GetUtcNow(),
            OrderErrors.InvalidToken,
            () => continuation(request, responseStream, context),
            lifetime.ApplicationStopping);

    /// <param name="context">The call.</param>
    /// <param name="timeOf">How long this service lets the call run.</param>
    /// <param name="whenOver">The error after that time.</param>
    /// <param name="handle">The call itself.</param>
    /// <param name="stopping">Ends the call when the service stops.</param>
    private async Task RunAsync(
        ServerCallContext context, Func<Caller, TimeSpan> timeOf, OrderError whenOver, Func<Task> handle, CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        var status = StatusCode.OK;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        try
        {
            var caller = Authorise(context.GetHttpContext());
            var time = timeOf(caller);
            // The clocks may differ: a token that was just accepted may seem to be over.
            ended.CancelAfter(time > TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(1));
            new CallScope(caller, ended.Token).Begin(context);
            await handle();
        }
        catch (Exception failure)
        {
            var ending = EndOf(failure, context, whenOver, stopping);
            status = ending.StatusCode;
            throw ending;
        }
        finally
        {
            var milliseconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
            LogAnswered(context.Method, status, milliseconds);
        }
    }

    private static Caller Authorise(HttpContext context)
    {
        if (TokenRegistration.LacksKeys(context))
            throw new OrderRefusedException(OrderErrors.Unavailable);
        var caller = Caller.Of(context.User) ?? throw new OrderRefusedException(OrderErrors.InvalidToken);
        return caller.IsUser || caller.MayProcess ? caller : throw new OrderRefusedException(OrderErrors.Forbidden);
    }

    private RpcException EndOf(Exception failure, ServerCallContext context, OrderError whenOver, CancellationToken stopping)
    {
        switch (failure)
        {
            case RpcException already:
                return already;
            case OrderRefusedException refused:
                return ErrorStatus.Of(refused.Error, refused.Fields);
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                return context.Deadline <= clock.GetUtcNow().UtcDateTime
                    ? ErrorStatus.Of(OrderErrors.DeadlineExceeded)
                    : new RpcException(Status.DefaultCancelled);
            case OperationCanceledException when stopping.IsCancellationRequested:
                return ErrorStatus.Of(OrderErrors.Unavailable);
            case OperationCanceledException:
                return ErrorStatus.Of(whenOver);
            // The same call may succeed at once.
            case PostgresException
            {
                SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
                    or PostgresErrorCodes.UniqueViolation
            }:
                return ErrorStatus.Of(OrderErrors.ConcurrentChange);
        }

        if (DatabaseOutage.Is(failure))
        {
            LogOutage(context.Method, failure.Message);
            return ErrorStatus.Of(OrderErrors.Unavailable);
        }

        LogFailed(context.Method, failure);
        return ErrorStatus.Of(OrderErrors.Internal);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "{Method} {Status} in {Milliseconds} ms")]
    private partial void LogAnswered(string method, StatusCode status, double milliseconds);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "{Method} can't be answered now: {Failure}")]
    private partial void LogOutage(string method, string failure);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "{Method} failed")]
    private partial void LogFailed(string method, Exception failure);
}
