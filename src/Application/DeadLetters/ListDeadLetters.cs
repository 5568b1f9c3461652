using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.DeadLetters;

/// <summary>Lists the dead letters, oldest first; for administrators.</summary>
[RequirePermission(Permissions.DeadLettersManage)]
public sealed record ListDeadLetters : PagedQuery<DeadLetterDto>
{
    public DeadLetterKind? Kind { get; init; }
}

internal sealed class ListDeadLettersValidator : PagedValidator<ListDeadLetters, DeadLetterPosition>
{
    public ListDeadLettersValidator() => RuleFor(q => q.Kind).IsInEnum();
}

internal sealed class ListDeadLettersHandler(IDeadLetters letters) : IQueryHandler<ListDeadLetters, Page<DeadLetterDto>>
{
    public async Task<Result<Page<DeadLetterDto>>> Handle(ListDeadLetters query, CancellationToken cancellationToken)
    {
        var after = Cursor.TryRead<DeadLetterPosition>(query.Cursor, out var position) ? position : null;
        // One extra row shows whether there is a next page.
        var found = await letters.List(query.Kind, after, query.Limit + 1, cancellationToken);
        return Page.Of([.. found], query.Limit, dead => dead, last => Cursor.Write(new DeadLetterPosition(last.DiedAt, last.Id)));
    }
}
