using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Runs each command in one transaction, once for each idempotency key, unless the command opens its own transaction.</summary>
/// <remarks>Resolves the transaction only when needed, because it creates a database context.</remarks>
internal sealed class TransactionBehaviour<TRequest, TResponse>(IServiceProvider services, IRequestKey key)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : ICommand
    where TResponse : IResult<TResponse>
{
    private static readonly bool NeedsTransaction = !typeof(IOwnTransaction).IsAssignableFrom(typeof(TRequest));

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        !NeedsTransaction ? next()
        : key.Current is { } current ? Once(current, next, cancellationToken)
        : services.GetRequiredService<ITransaction>().Run(_ => next(), cancellationToken);

    private async Task<TResponse> Once(IdempotencyKey current, RequestHandlerDelegate<TResponse> next, CancellationToken cancellationToken)
    {
        var (result, replay) = await services.GetRequiredService<IIdempotencyStore>()
            .Once(current, _ => next(), key.AnswerOf, cancellationToken);
        if (replay is null)
            return result!;
        key.Replay(replay);
        return TResponse.Refuse(StoredAnswer.SentAgain);
    }
}
