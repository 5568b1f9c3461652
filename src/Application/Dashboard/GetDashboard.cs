using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Dashboard;

/// <summary>Gets the start page of the caller: parts from several services in one answer.</summary>
[Authenticated]
public sealed record GetDashboard : IQuery<DashboardPage>
{
    /// <summary>The names of the parts, separated by commas; without it all parts.</summary>
    public string? Include { get; init; }
}

internal sealed class GetDashboardValidator : AbstractValidator<GetDashboard>
{
    public GetDashboardValidator(DashboardParts parts) => RuleFor(query => query.Include)
        .Must(include => include is null || parts.Find(include) is not null)
        .WithMessage(_ => $"Name parts, separated by commas: {string.Join(", ", parts.All.Select(part => part.Name))}.");
}

internal sealed class GetDashboardHandler(DashboardParts parts, IPartReader reader) : IQueryHandler<GetDashboard, DashboardPage>
{
    public Task<Result<DashboardPage>> Handle(GetDashboard query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<DashboardPage>>(new DashboardPage(parts.Find(query.Include)!, reader));
}
