using Portico.Application.Common.Security;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Creates a code for an address and sends it, or does the same work and sends nothing.</summary>
internal sealed class CodeSender(ICodes codes, IMessageSender messages, IClient client)
{
    /// <param name="address">The address that the code will prove.</param>
    /// <param name="scope">What the code is valid for.</param>
    /// <param name="findRecipient">
    /// Called when the limits allow a code. Returns where the message goes, or <c>null</c> to send nothing.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="makeMessage">Makes the message of the code and its lifetime; <c>null</c> for the ordinary one.</param>
    public async Task<Result<CodeSentDto>> Send(
        ContactAddress address, CodeScope scope, Func<CancellationToken, Task<CodeRecipient?>> findRecipient,
        CancellationToken cancellationToken,
        Func<string, TimeSpan, Notification>? makeMessage = null)
    {
        if (!messages.Reaches(address.Kind))
            return UserErrors.PhoneNotSupported;

        var issued = await codes.Issue(address, scope, client, cancellationToken);
        if (issued.Error is { } error)
            return error;

        var recipient = await findRecipient(cancellationToken);
        var message = MessageTemplates.Render(
            (makeMessage ?? Notification.Code)(issued.Value.Code, codes.Lifetime), recipient?.Address ?? address,
            recipient?.Locale ?? client.Locale);
        if (recipient is not null)
            messages.Send(message, recipient.TelegramUserId);
        else
            messages.SendNothing();
        return new CodeSentDto(
            issued.Value.RequestId, (int)codes.Lifetime.TotalSeconds, (int)codes.ResendAfter.TotalSeconds);
    }
}
