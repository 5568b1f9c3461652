using Portico.Application.Common.Messaging;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.DeadLetters;

/// <summary>Gets a dead letter with its content; for administrators.</summary>
[RequirePermission(Permissions.DeadLettersManage)]
public sealed record GetDeadLetter(Guid Id) : IQuery<DeadLetterContentDto>;

internal sealed class GetDeadLetterHandler(IDeadLetters letters) : IQueryHandler<GetDeadLetter, DeadLetterContentDto>
{
    public async Task<Result<DeadLetterContentDto>> Handle(GetDeadLetter query, CancellationToken cancellationToken) =>
        await letters.Find(query.Id, cancellationToken) is { } found ? found : RecordErrors.NotFound;
}
