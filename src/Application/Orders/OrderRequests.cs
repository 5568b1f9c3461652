using System.Diagnostics;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.Domain.Orders;

namespace Portico.Application.Orders;

/// <summary>What a request about an order needs: a saga, or nothing but an answer.</summary>
internal sealed record OrderPlan(OrderSaga? Saga, OrderDto? Answer)
{
    public static OrderPlan Of(OrderSaga saga) => new(saga, null);

    public static OrderPlan Of(OrderDto answer) => new(null, answer);
}

/// <summary>The answer of a saga, and its event.</summary>
internal sealed record OrderSagaResult(Result<OrderDto> Answer, OrderEvent? Happened = null);

/// <summary>Runs a request that changes an order once for its idempotency key.</summary>
internal sealed class OrderRequests(IOrderSagas sagas, IdempotentRequest request, TimeProvider clock)
{
    private const string Name = "The orders service";

    /// <summary>A saga that begins now, with a lease of its own.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="ownerId">The caller, whose order it is.</param>
    /// <param name="orderId">The order; <c>null</c> for a new one.</param>
    public OrderSaga NewSaga(OrderSagaKind kind, Guid ownerId, Guid? orderId = null)
    {
        var now = clock.GetUtcNow();
        return new OrderSaga
        {
            OrderId = orderId ?? Ids.New(now),
            Kind = kind,
            OwnerId = ownerId,
            Key = request.Key.Value,
            StartedAt = now,
            LeaseId = Ids.New(now),
            TraceParent = Activity.Current?.Id,
        };
    }

    /// <summary>Replays the first answer, or prepares and runs a saga.</summary>
    /// <param name="plan">Reads what the request is about; runs again if the key was taken meanwhile.</param>
    /// <param name="run">Runs the steps. It does not end with the request, so that it is not left half.</param>
    /// <param name="cancellationToken">Ends the waiting for an earlier request, and the plan.</param>
    /// <exception cref="DependencyUnavailableException">
    /// A service is away, or it took too long. What was begun is undone (or a cancellation completed) in the background.
    /// </exception>
    public Task<Result<OrderDto>> Once(
        Func<CancellationToken, Task<Result<OrderPlan>>> plan,
        Func<OrderSaga, CancellationToken, Task<OrderSagaResult>> run,
        CancellationToken cancellationToken) => request.Once<OrderDto>(
        Name,
        sagas.Timeout,
        async (state, token) => state == KeyState.Running ? null : await TryOnce(plan, run, token),
        cancellationToken);

    /// <returns><c>null</c> when another request with the key came first.</returns>
    private async Task<Result<OrderDto>?> TryOnce(
        Func<CancellationToken, Task<Result<OrderPlan>>> plan,
        Func<OrderSaga, CancellationToken, Task<OrderSagaResult>> run,
        CancellationToken cancellationToken)
    {
        var planned = await plan(cancellationToken);
        if (planned.Error is not null || planned.Value.Saga is null)
        {
            Result<OrderDto> result = planned.Error is { } refusal ? refusal : planned.Value.Answer!;
            return AnswerOf(result) is not { } answer || await sagas.Answer(request.Key, answer, cancellationToken) ? result : null;
        }

        return await sagas.Begin(planned.Value.Saga, request.Key, cancellationToken) switch
        {
            OrderSagaStart.Begun => await Run(planned.Value.Saga, run),
            OrderSagaStart.OrderTaken => OrderErrors.InProgress,
            _ => null,
        };
    }

    private async Task<Result<OrderDto>> Run(OrderSaga saga, Func<OrderSaga, CancellationToken, Task<OrderSagaResult>> run)
    {
        using var time = new CancellationTokenSource(sagas.Timeout, clock);
        try
        {
            var (result, happened) = await run(saga, time.Token);
            if (await sagas.End(saga, happened, request.Key, AnswerOf(result), time.Token))
                return result;
            // Another process took the saga for abandoned, and ends it.
            throw new DependencyUnavailableException(Name);
        }
        catch (Exception failure)
        {
            await sagas.GiveUp(saga);
            if (failure is OperationCanceledException)
                throw new DependencyUnavailableException(Name, failure);
            throw;
        }
    }

    private StoredAnswer? AnswerOf(Result<OrderDto> result) => StoredAnswer.IsFinal(result.Error) ? request.AnswerOf(result) : null;
}
