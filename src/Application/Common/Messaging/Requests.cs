using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>A use case that returns a <typeparamref name="T"/> or an <see cref="Error"/>.</summary>
public interface IUseCase<T> : MediatR.IRequest<Result<T>>;

/// <summary>A use case that changes something; it runs in one transaction, which an error rolls back.</summary>
public interface ICommand<T> : IUseCase<T>, ICommand;

/// <summary>Any command, with any type of answer.</summary>
public interface ICommand;

/// <summary>A use case that only reads.</summary>
public interface IQuery<T> : IUseCase<T>, IQuery;

/// <summary>Any query, with any type of answer.</summary>
public interface IQuery;

/// <summary>Marks a command that opens its own transaction, because it acts after the commit, or that needs none.</summary>
public interface IOwnTransaction;

/// <summary>Executes a command.</summary>
public interface ICommandHandler<in TCommand, T> : MediatR.IRequestHandler<TCommand, Result<T>>
    where TCommand : ICommand<T>;

/// <summary>Executes a query.</summary>
public interface IQueryHandler<in TQuery, T> : MediatR.IRequestHandler<TQuery, Result<T>>
    where TQuery : IQuery<T>;

/// <summary>Sends a use case through the pipeline: tracing, authorisation, validation, caching, transaction, handler.</summary>
public interface ISender
{
    Task<Result<T>> Send<T>(IUseCase<T> request, CancellationToken cancellationToken);
}
