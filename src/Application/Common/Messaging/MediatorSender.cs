using MediatR;
using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>Sends use cases through MediatR.</summary>
internal sealed class MediatorSender(IMediator mediator) : ISender
{
    public Task<Result<T>> Send<T>(IUseCase<T> request, CancellationToken cancellationToken) => mediator.Send(request, cancellationToken);
}
