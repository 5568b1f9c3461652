using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.WebApi.Http;

namespace Portico.WebApi.Controllers;

/// <summary>The base of the controllers: sends use cases and returns their results.</summary>
[ApiController]
public abstract class ApiController(ISender sender) : ControllerBase
{
    /// <summary>200 with the value.</summary>
    protected Task<ActionResult<T>> Answer<T>(IUseCase<T> useCase, CancellationToken cancellationToken) =>
        Answer(useCase, StatusCodes.Status200OK, cancellationToken);

    /// <summary>202 with the value: the work continues in the background.</summary>
    protected Task<ActionResult<T>> AnswerAccepted<T>(IUseCase<T> useCase, CancellationToken cancellationToken) =>
        Answer(useCase, StatusCodes.Status202Accepted, cancellationToken);

    /// <summary>201 with the value and its URL.</summary>
    protected async Task<ActionResult<T>> AnswerCreated<T>(
        IUseCase<T> useCase, Func<T, string> location, CancellationToken cancellationToken)
    {
        var result = await sender.Send(useCase, cancellationToken);
        return result.Error is { } error ? new HttpErrorResult(HttpError.Of(error)) : Created(location(result.Value), result.Value);
    }

    /// <summary>The answer that a function makes of the value.</summary>
    protected async Task<ActionResult> Answer<T>(IUseCase<T> useCase, Func<T, ActionResult> choose, CancellationToken cancellationToken)
    {
        var result = await sender.Send(useCase, cancellationToken);
        return result.Error is { } error ? new HttpErrorResult(HttpError.Of(error)) : choose(result.Value);
    }

    /// <summary>204.</summary>
    protected async Task<ActionResult> AnswerNothing(IUseCase<Unit> useCase, CancellationToken cancellationToken)
    {
        var result = await sender.Send(useCase, cancellationToken);
        return result.Error is { } error ? new HttpErrorResult(HttpError.Of(error)) : NoContent();
    }

    private async Task<ActionResult<T>> Answer<T>(IUseCase<T> useCase, int status, CancellationToken cancellationToken)
    {
        var result = await sender.Send(useCase, cancellationToken);
        return result.Error is { } error ? new HttpErrorResult(HttpError.Of(error)) : StatusCode(status, result.Value);
    }
}
