using System.Reflection;
using MediatR;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Common.Behaviours;

/// <summary>Lets a use case through only for those that its access attribute names.</summary>
internal sealed class AuthorisationBehaviour<TRequest, TResponse>(ICurrentUser user) : IPipelineBehavior<TRequest, TResponse>
    where TResponse : IResult<TResponse>
{
    // No attribute is a mistake of ours, so it throws instead of standing open.
    private static readonly AccessAttribute Access = typeof(TRequest).GetCustomAttributes<AccessAttribute>().Single();

    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        Access switch
        {
            AnonymousAttribute => next(),
            _ when !user.IsAuthenticated => Task.FromResult(TResponse.Refuse(CommonErrors.Unauthenticated)),
            RequirePermissionAttribute required when !user.Has(required.Permission) =>
                Task.FromResult(TResponse.Refuse(CommonErrors.Forbidden)),
            _ when request is IIncludesDeleted { Deleted: true } && !user.Has(Permissions.RecordsReadDeleted) =>
                Task.FromResult(TResponse.Refuse(CommonErrors.Forbidden)),
            _ => next(),
        };
}
