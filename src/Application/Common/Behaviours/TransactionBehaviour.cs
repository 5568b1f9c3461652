using MediatR;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Runs each command in one transaction, but for those that open their own.</summary>
internal sealed class TransactionBehaviour<TRequest, TResponse>(ITransaction transaction) : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IResult<TResponse>
{
    private static readonly bool NeedsTransaction =
        typeof(ICommand).IsAssignableFrom(typeof(TRequest)) && !typeof(IOwnTransaction).IsAssignableFrom(typeof(TRequest));

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        NeedsTransaction ? transaction.Run(_ => next(), cancellationToken) : next();
}
