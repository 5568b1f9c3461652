using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portico.Application.Common;
using Portico.Application.Payments;
using Portico.Domain.Currencies;
using Portico.Infrastructure.Aggregation;

namespace Portico.Infrastructure.Payments;

/// <summary>Calls the API of a provider: each call once, with a deadline, behind the circuit breaker of the provider.</summary>
/// <remarks>Nothing is repeated here: the worker repeats work, with the same idempotency keys. Thread-safe.</remarks>
internal abstract partial class ProviderClient(
    string name, string service, string[] currencies, Downstreams downstreams, PaymentSettings settings) : IDisposable
{
    private const int MaxAnswer = 4 * 1024 * 1024;

    /// <summary>The client of the provider; connections are renewed, so that a changed address is found.</summary>
    protected HttpClient Http { get; } = new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = settings.Timeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        // Each call has a deadline of its own.
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxAnswer,
    };

    public bool Takes(Currency currency) => currencies.Contains(currency.Code, StringComparer.Ordinal);

    public void Dispose() => Http.Dispose();

    /// <summary>Makes one call.</summary>
    /// <exception cref="DependencyUnavailableException">It is unknown whether the call had an effect.</exception>
    protected Task<T> Call<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) => downstreams.Run(
        service,
        async token =>
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(token);
            deadline.CancelAfter(settings.Timeout);
            try
            {
                return await call(deadline.Token);
            }
            catch (OperationCanceledException late) when (!token.IsCancellationRequested)
            {
                throw Away(late);
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException)
            {
                throw Away(failure);
            }
        },
        cancellationToken);

    /// <summary>Whether the provider has refused the call itself; after any other failure a repetition may succeed.</summary>
    protected static bool IsRefusal(HttpStatusCode status) =>
        status is HttpStatusCode.BadRequest or HttpStatusCode.PaymentRequired or HttpStatusCode.NotFound;

    /// <summary>A payment that has not succeeded, by the word that both providers have for a canceled one.</summary>
    protected static ProviderPayment Unpaid(string status) =>
        new() { Status = status == "canceled" ? ProviderPaymentStatus.Canceled : ProviderPaymentStatus.Pending };

    protected DependencyUnavailableException Away(Exception? failure = null) => new(name, failure);

    /// <summary>Whether a text may be an id of a provider.</summary>
    protected static bool IsId(string? text) => text is not null && IdForm().IsMatch(text);

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,100}\z", RegexOptions.None, 100)]
    private static partial Regex IdForm();
}
