using MediatR;
using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>Sends use cases through MediatR.</summary>
/// <param name="services">The services of one request.</param>
internal sealed class MediatorSender(IServiceProvider services) : ISender
{
    private readonly Mediator _mediator = new(type => services.GetService(type)!);

    public Task<Result<T>> Send<T>(IUseCase<T> request, CancellationToken cancellationToken) => _mediator.Send(request, cancellationToken);
}
