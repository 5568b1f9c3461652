using Portico.Application.Common.Messaging;
using Portico.Application.Users;
using Portico.Domain.Common;

namespace Portico.Application.Dashboard;

/// <summary>The caller's own profile.</summary>
[DashboardPart("profile", Share = 0.6, IsRequired = true, IsCacheable = true)]
internal sealed class ProfilePart(ISender sender) : IDashboardPart<UserDto>
{
    public Task<Result<UserDto>> Read(CancellationToken cancellationToken) => sender.Send(new GetMe(), cancellationToken);
}
