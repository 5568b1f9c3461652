using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>A use case that answers with a <typeparamref name="T"/> or refuses with an <see cref="Error"/>.</summary>
public interface IUseCase<T> : MediatR.IRequest<Result<T>>;

/// <summary>A use case that changes something; it runs in one transaction, which a refusal rolls back.</summary>
public interface ICommand<T> : IUseCase<T>, ICommand;

/// <summary>Any command, whatever it answers.</summary>
public interface ICommand;

/// <summary>A use case that only reads.</summary>
public interface IQuery<T> : IUseCase<T>;

/// <summary>Marks a command that opens its transaction itself, because something must happen after the commit, or none is needed.</summary>
public interface IOwnTransaction;

public interface ICommandHandler<in TCommand, T> : MediatR.IRequestHandler<TCommand, Result<T>>
    where TCommand : ICommand<T>;

public interface IQueryHandler<in TQuery, T> : MediatR.IRequestHandler<TQuery, Result<T>>
    where TQuery : IQuery<T>;

/// <summary>Sends a use case through the pipeline: tracing, authorisation, validation, transaction, handler.</summary>
public interface ISender
{
    Task<Result<T>> Send<T>(IUseCase<T> request, CancellationToken cancellationToken);
}
