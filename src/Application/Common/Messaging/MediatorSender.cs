using MediatR;
using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

internal sealed class MediatorSender(IMediator mediator) : ISender
{
    public Task<Result<T>> Send<T>(IUseCase<T> request, CancellationToken cancellationToken) => mediator.Send(request, cancellationToken);
}
