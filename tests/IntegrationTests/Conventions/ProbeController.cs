using System.Net.Sockets;
using Asp.Versioning;
using FluentValidation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Npgsql;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.WebApi.Controllers;
using Portico.WebApi.OpenApi;

namespace Portico.IntegrationTests.Conventions;

public enum ProbeColour
{
    DeepRed,
    SkyBlue,
}

public sealed record ProbePart
{
    public required string Name { get; init; }
    public int? Count { get; init; }
}

/// <summary>One field of every sort.</summary>
[Anonymous]
public sealed record SendProbe : IQuery<ProbeDto>
{
    public required string DisplayName { get; init; }
    public int? Level { get; init; }
    public decimal? Rate { get; init; }
    public bool? On { get; init; }
    public Guid? OwnerId { get; init; }
    public DateTimeOffset? At { get; init; }
    public ProbeColour? Colour { get; init; }
    public IReadOnlyList<ProbePart>? Parts { get; init; }
}

public sealed record ProbeDto(string DisplayName, DateTimeOffset? At, ProbeColour? Colour, Guid? Caller);

internal sealed class SendProbeHandler(ICurrentUser user) : IQueryHandler<SendProbe, ProbeDto>
{
    public Task<Result<ProbeDto>> Handle(SendProbe query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<ProbeDto>>(new ProbeDto(query.DisplayName, query.At, query.Colour, user.Claims?.Subject));
}

[Authenticated]
public sealed record ReadOwnProbe : IQuery<ProbeDto>;

internal sealed class ReadOwnProbeHandler(ICurrentUser user, IClient client) : IQueryHandler<ReadOwnProbe, ProbeDto>
{
    public Task<Result<ProbeDto>> Handle(ReadOwnProbe query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<ProbeDto>>(new ProbeDto($"{client.IpAddress} {client.Locale}", null, null, user.Id));
}

[RequirePermission(Permissions.UsersRead)]
public sealed record AdministerProbe : IQuery<ProbeDto>;

internal sealed class AdministerProbeHandler : IQueryHandler<AdministerProbe, ProbeDto>
{
    public Task<Result<ProbeDto>> Handle(AdministerProbe query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<ProbeDto>>(new ProbeDto("admin", null, null, null));
}

[Anonymous]
public sealed record RefuseProbe(ErrorKind Kind) : IQuery<ProbeDto>;

internal sealed class RefuseProbeHandler : IQueryHandler<RefuseProbe, ProbeDto>
{
    public Task<Result<ProbeDto>> Handle(RefuseProbe query, CancellationToken cancellationToken) => Task.FromResult<Result<ProbeDto>>(
        new Error(query.Kind, "probe_refused", "As asked.")
        {
            RetryAfter = query.Kind == ErrorKind.TooManyRequests ? TimeSpan.FromSeconds(7.2) : null
        });
}

[Anonymous]
public sealed record ListProbes : IQuery<Page<ProbeDto>>, IPaged
{
    public ProbeColour? Colour { get; init; }
    public DateTimeOffset? At { get; init; }
    public int Limit { get; init; } = IPaged.DefaultLimit;
    public string? Cursor { get; init; }
}

internal sealed record ProbePosition(int Next);

internal sealed class ListProbesValidator : AbstractValidator<ListProbes>
{
    public ListProbesValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, IPaged.MaxLimit);
        RuleFor(q => q.Cursor)
            .Must(cursor => cursor is null || Cursor.TryRead<ProbePosition>(cursor, out _))
            .WithMessage("This is no cursor of this list.");
    }
}

internal sealed class ListProbesHandler : IQueryHandler<ListProbes, Page<ProbeDto>>
{
    private const int Total = 45;

    public Task<Result<Page<ProbeDto>>> Handle(ListProbes query, CancellationToken cancellationToken)
    {
        var first = Cursor.TryRead<ProbePosition>(query.Cursor, out var position) ? position.Next : 0;
        var items = Enumerable.Range(first, Math.Min(query.Limit, Total - first))
            .Select(n => new ProbeDto($"{n}", query.At, query.Colour, null))
            .ToArray();
        var next = first + items.Length;
        return Task.FromResult<Result<Page<ProbeDto>>>(
            new Page<ProbeDto>(items, next < Total ? Cursor.Write(new ProbePosition(next)) : null));
    }
}

/// <summary>An address that an old version has too.</summary>
[ApiVersion("1.0")]
[ApiVersion("0.9", Deprecated = true)]
[Route("api/v{version:apiVersion}/old-probes")]
public sealed class OldProbeController(ISender sender) : ApiController(sender)
{
    [HttpGet]
    public Task<ActionResult<Page<ProbeDto>>> List([FromQuery] ListProbes query) =>
        Answer(query);
}

[ApiVersion("1.0")]
[Route("api/v{version:apiVersion}/probes")]
public sealed class ProbeController(ISender sender) : ApiController(sender)
{
    [HttpPost]
    public Task<ActionResult<ProbeDto>> Send(SendProbe query) => Answer(query);

    [HttpGet]
    public Task<ActionResult<Page<ProbeDto>>> List([FromQuery] ListProbes query) => Answer(query);

    [HttpGet("mine")]
    [UseCase<ReadOwnProbe>]
    public Task<ActionResult<ProbeDto>> Mine() => Answer(new ReadOwnProbe());

    [HttpGet("administered")]
    [UseCase<AdministerProbe>]
    public Task<ActionResult<ProbeDto>> Administered() => Answer(new AdministerProbe());

    [HttpGet("{id:guid}")]
    public ActionResult Get(Guid id) => Ok(new { id });

    [HttpPost("unread")]
    public ActionResult Unread() => NoContent();

    [HttpGet("slow")]
    public async Task<ActionResult> Slow([FromQuery] int milliseconds, CancellationToken cancellationToken)
    {
        await Task.Delay(milliseconds, cancellationToken);
        return NoContent();
    }

    [HttpGet("fails")]
    public ActionResult Fail([FromQuery] string how) => how.Length == 0 ? NoContent() : throw Failure(how);

    [HttpGet("refused/{kind}")]
    public Task<ActionResult<ProbeDto>> Refused(ErrorKind kind) => Answer(new RefuseProbe(kind));

    [HttpGet("empty/{status:int}")]
    public ActionResult Bare(int status) => StatusCode(status);

    [HttpGet("kept")]
    public ActionResult Kept()
    {
        Response.Headers.CacheControl = "public, max-age=60";
        return NoContent();
    }

    private static Exception Failure(string how) => how switch
    {
        "bug" => new InvalidOperationException("secret SELECT * FROM users"),
        "dependency" => new DependencyUnavailableException("redis") { RetryAfter = TimeSpan.FromSeconds(3) },
        "connect" => new InvalidOperationException("EF", new NpgsqlException("refused", new SocketException(111))),
        "deadline" => new NpgsqlException("slow", new TimeoutException()),
        "shutdown" => new PostgresException("admin shutdown", "FATAL", "FATAL", "57P01"),
        "unique" => new PostgresException("duplicate", "ERROR", "ERROR", "23505"),
        _ => new ArgumentOutOfRangeException(nameof(how)),
    };
}
