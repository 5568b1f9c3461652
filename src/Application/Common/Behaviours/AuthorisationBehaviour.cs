using System.Reflection;
using MediatR;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Refuses a use case if its access attribute does not allow the caller.</summary>
internal sealed class AuthorisationBehaviour<TRequest, TResponse>(ICurrentUser user) : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IResult<TResponse>
{
    // A missing attribute is a bug, so it throws; a use case without one is never open to everybody.
    private static readonly AccessAttribute Access = typeof(TRequest).GetCustomAttributes<AccessAttribute>().Single();

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        (Access.Refuse(user) ?? RefuseDeleted(request)) is { } error ? Task.FromResult(TResponse.Refuse(error)) : next();

    private Error? RefuseDeleted(TRequest request) =>
        request is IIncludesDeleted { Deleted: true } && !user.Has(Permissions.RecordsReadDeleted) ? CommonErrors.Forbidden : null;
}
