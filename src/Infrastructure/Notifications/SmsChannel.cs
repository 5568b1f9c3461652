using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Portico.Application.Notifications;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Notifications;

/// <summary>Sends text messages through an HTTP gateway.</summary>
internal sealed class SmsChannel(MailSettings settings, HttpClient http) : IMessageChannel
{
    public bool Reaches(ContactKind kind) => kind == ContactKind.Phone;

    public async Task Send(Message message, Guid id, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Sms.Url)
        {
            Content = JsonContent.Create(new { to = message.To.Value, text = message.Text }),
        };
        request.Headers.Add("Idempotency-Key", $"{id}");
        if (settings.Sms.Token is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, cancellationToken);
        // Errors of this message, not of the token or the rate limit.
        if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Gone
            or HttpStatusCode.UnprocessableEntity)
        {
            throw new MessageRejectedException($"The text message gateway answered {(int)response.StatusCode}.");
        }

        response.EnsureSuccessStatusCode();
    }
}
