using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Operation;

/// <summary>Begins to watch how Portico works: what follows are events.</summary>
/// <remarks>A command although it changes nothing: a batch takes queries only, and this one has no end.</remarks>
[RequirePermission(Permissions.OperationRead)]
public sealed record WatchOverview : ICommand<OverviewDto>, IOwnTransaction;

internal sealed class WatchOverviewHandler(ILiveNumbers numbers) : ICommandHandler<WatchOverview, OverviewDto>
{
    public async Task<Result<OverviewDto>> Handle(WatchOverview command, CancellationToken cancellationToken) =>
        await numbers.Read(cancellationToken);
}
