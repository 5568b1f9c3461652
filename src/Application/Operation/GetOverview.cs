using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Operation;

/// <summary>Shows how Portico works now; for administrators.</summary>
[RequirePermission(Permissions.OperationRead)]
public sealed record GetOverview : IQuery<OverviewDto>;

/// <summary>The numbers of this process.</summary>
public interface ILiveNumbers
{
    /// <summary>Reads the numbers; all callers share one reading, which is at most 2 s old.</summary>
    Task<OverviewDto> Read(CancellationToken cancellationToken);
}

internal sealed class GetOverviewHandler(ILiveNumbers numbers) : IQueryHandler<GetOverview, OverviewDto>
{
    public async Task<Result<OverviewDto>> Handle(GetOverview query, CancellationToken cancellationToken) =>
        await numbers.Read(cancellationToken);
}
