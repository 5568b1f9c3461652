using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Portico.Testing.Providers;

/// <summary>What a payment provider does wrong with one request.</summary>
public enum PaymentFault
{
    None,

    /// <summary>An error that a repetition does not change.</summary>
    Refused,

    /// <summary>500, and nothing happened.</summary>
    Broken,

    /// <summary>500 after the effect.</summary>
    BrokenAfter,

    /// <summary>It takes the request and answers nothing until the caller hangs up.</summary>
    Silent,

    /// <summary>The connection is cut after the effect: the answer is lost.</summary>
    CutAfter,
}

/// <summary>An answer of a payment provider.</summary>
public sealed record PaymentAnswer(int Status, string Body);

/// <summary>A payment at a provider, with its refunds.</summary>
public sealed class FakePayment
{
    public required string Id { get; init; }
    public required long Amount { get; init; }
    public required string Currency { get; init; }
    public required string? PorticoId { get; init; }
    public string Status { get; set; } = "pending";
    public long Received { get; set; }

    /// <summary>The currency that the provider pays out in; without it, that of the payment.</summary>
    public string? SettledIn { get; set; }

    public IList<FakeRefund> Refunds { get; } = new List<FakeRefund>();

    /// <summary>What the provider charges: 2.9 % and 30 minor units.</summary>
    public long Fee => (Received * 29 / 1000) + 30;

    /// <summary>What went back or is on its way.</summary>
    public long Refunding => Refunds.Where(refund => refund.Status != "failed").Sum(refund => refund.Amount);

    public long Refunded => Refunds.Where(refund => refund.Status == "succeeded").Sum(refund => refund.Amount);
}

/// <summary>A refund at a provider.</summary>
public sealed class FakeRefund
{
    public required string Id { get; init; }
    public required long Amount { get; init; }
    public string? PorticoId { get; init; }
    public required string Status { get; set; }
}

/// <summary>A payment provider on a real server: idempotency keys, faults on demand, and what people do there.</summary>
public abstract class FakePaymentServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, (string Request, PaymentAnswer Answer)> _keys = new(StringComparer.Ordinal);

    protected FakePaymentServer(string keyHeader)
    {
        _app = LoopbackApp.Create();
        _app.Run(context => AnswerAsync(context, keyHeader));
    }

    public Uri Address => _app.Address();

    public ConcurrentDictionary<string, FakePayment> Payments { get; } = new(StringComparer.Ordinal);

    /// <summary>Decides what goes wrong with a request, such as <c>POST /v1/refunds</c>.</summary>
    public Func<string, PaymentFault> Fault { get; set; } = _ => PaymentFault.None;

    /// <summary>Runs after a payment was made and before the answer is sent.</summary>
    public Func<FakePayment, Task> OnCreated { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether refunds are pending at first.</summary>
    public bool RefundsTakeTime { get; set; }

    /// <summary>Whether every refund is refused.</summary>
    public bool RefusesRefunds { get; set; }

    /// <summary>The requests that came, in their order.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    protected Lock Gate { get; } = new();

    public Task StartAsync() => _app.StartAsync();

    /// <summary>The settings of an application that uses it.</summary>
    public abstract IDictionary<string, string?> Settings();

    /// <summary>The payment of an id of Portico.</summary>
    public FakePayment Of(Guid porticoId) => Payments.Values.Single(payment => payment.PorticoId == $"{porticoId}");

    /// <summary>The user pays.</summary>
    public void Pay(FakePayment payment)
    {
        lock (Gate)
        {
            if (payment.Status is "pending" or "processing")
                (payment.Status, payment.Received) = ("succeeded", payment.Amount);
        }
    }

    /// <summary>The bank of the user works on it, which may take days.</summary>
    public void Begin(FakePayment payment)
    {
        lock (Gate)
            payment.Status = "processing";
    }

    /// <summary>The payment ends without money.</summary>
    public void Cancel(FakePayment payment)
    {
        lock (Gate)
            payment.Status = "canceled";
    }

    /// <summary>Somebody refunds at the console of the provider.</summary>
    public FakeRefund RefundAtConsole(FakePayment payment, long amount, string status = "succeeded")
    {
        lock (Gate)
        {
            var refund = new FakeRefund { Id = NewId("re"), Amount = amount, Status = status };
            payment.Refunds.Add(refund);
            return refund;
        }
    }

    /// <summary>Sends a notification about a payment, as often as asked for.</summary>
    public async Task<HttpResponseMessage> NotifyAsync(HttpClient portico, string kind, FakePayment payment, int times = 1)
    {
        var send = Notification(kind, payment);
        HttpResponseMessage? last = null;
        for (var n = 0; n < times; n++)
        {
            last?.Dispose();
            last = await portico.SendAsync(send());
        }

        return last!;
    }

    /// <summary>A notification that can be sent again and again.</summary>
    public abstract Func<HttpRequestMessage> Notification(string kind, FakePayment payment, FakeRefund? refund = null);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<PaymentAnswer> HandleAsync(HttpRequest request, string body);

    /// <summary>The answer to a request without the secret key; <c>null</c> for one with it.</summary>
    protected abstract PaymentAnswer? Refuse(HttpRequest request);

    protected abstract PaymentAnswer KeyReused();

    /// <summary>The answer to a request that the provider does not carry out.</summary>
    protected abstract PaymentAnswer Refusal();

    protected static string NewId(string prefix) => $"{prefix}_{Guid.NewGuid():N}";

    private async Task AnswerAsync(HttpContext context, string keyHeader)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        var name = $"{request.Method} {request.Path}";
        Requests.Enqueue(name);
        var fault = Fault(name);
        if (fault == PaymentFault.Silent)
        {
            await Task.WhenAny(Task.Delay(Timeout.Infinite, context.RequestAborted));
            return;
        }

        var answer = fault == PaymentFault.Broken ? new PaymentAnswer(500, "<html>Internal Server Error</html>")
            : fault == PaymentFault.Refused ? Refusal()
            : Refuse(request) ?? await OnceAsync(request, request.Headers[keyHeader], $"{name} {body}", body);
        if (fault == PaymentFault.BrokenAfter)
            answer = new PaymentAnswer(500, "<html>Internal Server Error</html>");
        if (fault == PaymentFault.CutAfter)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.Body);
    }

    private async Task<PaymentAnswer> OnceAsync(HttpRequest request, string? key, string fingerprint, string body)
    {
        if (string.IsNullOrEmpty(key))
            return await HandleAsync(request, body);
        lock (Gate)
        {
            if (_keys.TryGetValue(key, out var known))
                return known.Request == fingerprint ? known.Answer : KeyReused();
        }

        var answer = await HandleAsync(request, body);
        lock (Gate)
        {
            // Two at once: the first counts. The effects are made once below the same lock.
            if (_keys.TryGetValue(key, out var known))
                return known.Answer;
            _keys[key] = (fingerprint, answer);
            return answer;
        }
    }
}
