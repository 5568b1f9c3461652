using MediatR;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Runs each command in one transaction, once for each idempotency key, but for those that open their own.</summary>
internal sealed class TransactionBehaviour<TRequest, TResponse>(ITransaction transaction, IRequestKey key, IKeptAnswers answers) : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IResult<TResponse>
{
    private static readonly bool NeedsTransaction =
        typeof(ICommand).IsAssignableFrom(typeof(TRequest)) && !typeof(IOwnTransaction).IsAssignableFrom(typeof(TRequest));

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        !NeedsTransaction ? next()
        : key.Current is { } current ? Once(current, next, cancellationToken)
        : transaction.Run(_ => next(), cancellationToken);

    private async Task<TResponse> Once(IdempotencyKey current, RequestHandlerDelegate<TResponse> next, CancellationToken cancellationToken)
    {
        var (answer, isReplay) = await answers.Once(current, _ => next(), cancellationToken);
        if (isReplay)
            key.Replayed();
        return answer;
    }
}
