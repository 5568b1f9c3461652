using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Telegram;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The Telegram chat in which the caller gets codes.</summary>
[Route("api/v{version:apiVersion}/users/me/telegram")]
[Tags("Users")]
[IgnoresIdempotencyKey]
public sealed class TelegramController(ISender sender) : ApiController(sender)
{
    /// <summary>Shows whether a Telegram chat of the caller is linked</summary>
    [HttpGet]
    [UseCase<GetTelegram>]
    [ProducesErrors(503)]
    public Task<ActionResult<TelegramDto>> GetTelegram() => Answer(new GetTelegram());

    /// <summary>Begins to link a Telegram chat to the caller</summary>
    /// <remarks>
    /// Needs a session that is at most `Sessions:FreshFor` old; of a user with a second factor, its proof that long ago at most. Open `url`
    /// in Telegram and start the bot: then the chat is linked, and replaces the former one. The link works once. A chat that is linked to
    /// another user is refused in the chat. To get codes there by default, change the profile: `{"codeChannel":"telegram"}`.
    /// </remarks>
    [HttpPost]
    [UseCase<StartTelegramLink>]
    [ProducesErrors(403, 404, 422, 503)]
    public Task<ActionResult<TelegramLinkDto>> StartTelegramLink() => Answer(new StartTelegramLink());

    /// <summary>Unlinks the Telegram chat of the caller</summary>
    /// <remarks>
    /// Needs a session that is at most `Sessions:FreshFor` old; of a user with a second factor, its proof that long ago at most. Codes go
    /// to the address again. A code that is in the chat already stays valid until it expires.
    /// </remarks>
    [HttpDelete]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<UnlinkTelegram>]
    [ProducesErrors(403, 404, 409, 503)]
    public Task<ActionResult> UnlinkTelegram() => AnswerNothing(new UnlinkTelegram());
}
