using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Portico.Application.Notifications;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Notifications;

/// <summary>Sends text messages through an HTTP gateway whose requests the settings describe.</summary>
/// <remarks>
/// A failure is thrown as one that may be tried again only if the message was surely not sent, or if the gateway recognises a duplicate.
/// What the gateway answers is not repeated, because it may contain the number and the text.
/// </remarks>
internal sealed class SmsChannel(MailSettings settings, HttpClient http) : IMessageChannel
{
    /// <summary>An answer is short; more of it is an error.</summary>
    public const int MaxAnswerBytes = 64 * 1024;

    private readonly SmsSettings _settings = settings.Sms;

    public bool Reaches(ContactKind kind) => kind == ContactKind.Phone;

    public async Task Send(Message message, Guid id, CancellationToken cancellationToken)
    {
        var text = message.Text.TrimEnd('\n');
        using var request = new HttpRequestMessage(HttpMethod.Post, _settings.UrlFor(message.To.Value, text, $"{id}"))
        {
            Content = new StringContent(_settings.BodyFor(message.To.Value, text, $"{id}"), Encoding.UTF8, MediaType),
        };
        request.Headers.Add("Idempotency-Key", $"{id}");
        foreach (var (name, value) in _settings.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (!string.IsNullOrEmpty(_settings.Token))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _settings.Token);

        var (status, answer) = await Ask(request, cancellationToken);
        if (status is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices)
        {
            if (_settings.FailureText.Length > 0 && answer.Contains(_settings.FailureText, StringComparison.Ordinal))
                throw new MessageRejectedException("The gateway for text messages answered with Mail:Sms:FailureText.");
            return;
        }

        // Errors of this message, not of the token or the rate limit.
        if (status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.UnprocessableEntity)
            throw new MessageRejectedException($"The gateway for text messages answered {(int)status}.");

        // Below 500 and with 503 the gateway says that it did not take the message.
        throw Failure(
            $"The gateway for text messages answered {(int)status}.",
            mayBeSent: status >= HttpStatusCode.InternalServerError && status != HttpStatusCode.ServiceUnavailable);
    }

    private string MediaType => _settings.Format == SmsFormat.Form ? "application/x-www-form-urlencoded" : "application/json";

    private async Task<(HttpStatusCode Status, string Answer)> Ask(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError
            is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            throw Failure($"The gateway for text messages is not reached: {failure.HttpRequestError}.", mayBeSent: false);
        }
        catch (HttpRequestException failure)
        {
            throw Failure($"The answer of the gateway for text messages is cut off: {failure.HttpRequestError}.", mayBeSent: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure("The gateway for text messages did not answer within Mail:Sms:Timeout.", mayBeSent: true);
        }
    }

    private Exception Failure(string reason, bool mayBeSent) => mayBeSent && !_settings.IsIdempotent
        ? new MessageRejectedException($"{reason} The message may have been sent, so it is not sent again.")
        : new HttpRequestException(reason);
}
