using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.WebApi.Http;

namespace Portico.WebApi.Controllers;

/// <summary>The base of the controllers: sends use cases and returns their results.</summary>
/// <remarks>A use case ends with the request, if the action does not pass another token.</remarks>
[ApiController]
public abstract class ApiController(ISender sender) : ControllerBase
{
    /// <summary>200 with the value.</summary>
    protected async Task<ActionResult<T>> Answer<T>(IUseCase<T> useCase, CancellationToken cancellationToken = default) =>
        await Answer(useCase, value => StatusCode(StatusCodes.Status200OK, value), cancellationToken);

    /// <summary>202 with the value: the work continues in the background.</summary>
    protected async Task<ActionResult<T>> AnswerAccepted<T>(IUseCase<T> useCase, CancellationToken cancellationToken = default) =>
        await Answer(useCase, value => StatusCode(StatusCodes.Status202Accepted, value), cancellationToken);

    /// <summary>201 with the value and its URL.</summary>
    protected async Task<ActionResult<T>> AnswerCreated<T>(
        IUseCase<T> useCase, Func<T, string> location, CancellationToken cancellationToken = default) =>
        await Answer(useCase, value => Created(location(value), value), cancellationToken);

    /// <summary>204.</summary>
    protected Task<ActionResult> AnswerNothing(IUseCase<Unit> useCase, CancellationToken cancellationToken = default) =>
        Answer(useCase, _ => NoContent(), cancellationToken);

    /// <summary>The answer that a function makes of the value.</summary>
    protected async Task<ActionResult> Answer<T>(
        IUseCase<T> useCase, Func<T, ActionResult> choose, CancellationToken cancellationToken = default)
    {
        ActionResult AnswerOf(Result<T> result) =>
            result.Error is { } error ? new HttpErrorResult(HttpError.Of(error)) : choose(result.Value);

        HttpContext.Features.Set(new SentUseCase(useCase, result => AnswerOf((Result<T>)result)));
        var result = await sender.Send(useCase, cancellationToken.CanBeCanceled ? cancellationToken : HttpContext.RequestAborted);
        return HttpContext.Features.Get<StoredAnswer>() is { } stored ? new StoredAnswerResult(stored) : AnswerOf(result);
    }
}
