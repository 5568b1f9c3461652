using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Reconciliations;

/// <summary>Lists the differences of a reconciliation; for administrators.</summary>
[RequirePermission(Permissions.LedgerAudit)]
public sealed record ListDifferences : PagedQuery<DifferenceDto>
{
    public Guid Id { get; private init; }

    /// <summary>Only differences of this kind.</summary>
    public DifferenceKind? Kind { get; init; }

    public ListDifferences Of(Guid id) => this with { Id = id };
}

/// <summary>The last difference of a page.</summary>
internal sealed record DifferencePosition(int Number);

internal sealed class ListDifferencesValidator : PagedValidator<ListDifferences, DifferencePosition>
{
    public ListDifferencesValidator() => RuleFor(q => q.Kind).IsInEnum();
}

internal sealed class ListDifferencesHandler(IReconciliations reconciliations) : IQueryHandler<ListDifferences, Page<DifferenceDto>>
{
    public async Task<Result<Page<DifferenceDto>>> Handle(ListDifferences query, CancellationToken cancellationToken)
    {
        var after = Cursor.TryRead<DifferencePosition>(query.Cursor, out var last) ? last.Number : 0;
        // One extra row shows whether there is a next page.
        if (await reconciliations.ListDifferences(query.Id, query.Kind, after, query.Limit + 1, cancellationToken) is not { } found)
            return ReconciliationErrors.NotFound;
        return Page.Of([.. found], query.Limit, each => each, last => Cursor.Write(new DifferencePosition(last.Number)));
    }
}
