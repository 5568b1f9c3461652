using System.Net;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

/// <summary>Requests that are made at random from the OpenAPI document, as nobody, users of each role, and with wrong tokens.</summary>
public sealed class RequestFuzzTests : IAsyncLifetime
{
    private const int RequestsEach = 250;

    private OrdersApp _orders = null!;
    private PorticoApp _app = null!;

    public async Task InitializeAsync()
    {
        _orders = await OrdersApp.StartWithIssuerAsync();
        _app = _orders.Issuer;
    }

    public async Task DisposeAsync()
    {
        await _orders.DisposeAsync();
        await _app.DisposeAsync();
    }

    /// <summary>200 runs are 50,000 requests.</summary>
    [Fact]
    [Trait("Category", Campaign.Category)]
    public async Task Answers_any_request_with_success_or_problem_details()
    {
        var document = await _app.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        await Campaign.Run(runsInSuite: 2, async seed =>
        {
            var random = new Random(seed);
            var generator = new RequestGenerator(_app.Api, document, random);
            var role = Enum.GetValues<Role>()[random.Next(3)];
            var person = await _app.SignUpAsync(role);
            for (var n = 0; n < RequestsEach; n++)
            {
                using var request = generator.Next(person.AccessToken);
                var (sent, usesToken) = (generator.Described, request.Headers.Authorization?.Parameter == person.AccessToken);
                using var response = await _app.Client.SendAsync(request);
                if (await response.Judge() is { } wrong)
                    throw new InvalidOperationException($"Request {n} as {role}, {sent}: {wrong}");
                if (response.StatusCode == HttpStatusCode.Unauthorized && usesToken)
                    person = await _app.SignUpAsync(role);
                else
                    generator.Learn(await response.Content.ReadAsStringAsync(), response.Headers.ETag?.ToString());
            }
        });
    }
}
