using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.WebApi.Http;

namespace Portico.WebApi.Controllers;

/// <summary>The base of the controllers: sends use cases and returns their results.</summary>
/// <remarks>A use case ends with the request.</remarks>
[ApiController]
public abstract class ApiController(ISender sender) : ControllerBase
{
    /// <summary>200 with the value.</summary>
    protected Task<ActionResult<T>> Answer<T>(IUseCase<T> useCase) =>
        Send(useCase, value => StatusCode(StatusCodes.Status200OK, value));

    /// <summary>202 with the value: the work continues in the background.</summary>
    protected Task<ActionResult<T>> AnswerAccepted<T>(IUseCase<T> useCase) =>
        Send(useCase, value => StatusCode(StatusCodes.Status202Accepted, value));

    /// <summary>201 with the value and its URL.</summary>
    protected Task<ActionResult<T>> AnswerCreated<T>(IUseCase<T> useCase, Func<T, string> location) =>
        Send(useCase, value => Created(location(value), value));

    /// <summary>204.</summary>
    protected Task<ActionResult> AnswerNothing(IUseCase<Unit> useCase) => Answer(useCase, _ => NoContent());

    /// <summary>The answer that a function makes of the value.</summary>
    protected async Task<ActionResult> Answer<T>(IUseCase<T> useCase, Func<T, ActionResult> choose) =>
        (await Send(useCase, choose)).Result!;

    private async Task<ActionResult<T>> Send<T>(IUseCase<T> useCase, Func<T, ActionResult> choose)
    {
        ActionResult AnswerOf(Result<T> result) =>
            result.Error is { } error ? new HttpErrorResult(HttpError.Of(error)) : choose(result.Value);

        HttpContext.Features.Set(new SentUseCase(useCase, result => AnswerOf((Result<T>)result)));
        var result = await sender.Send(useCase, HttpContext.RequestAborted);
        return HttpContext.Features.Get<StoredAnswer>() is { } stored ? new StoredAnswerResult(stored) : AnswerOf(result);
    }
}
