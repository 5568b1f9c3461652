using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Portico.DevStack;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Faults;

/// <summary>Kills the web API and PostgreSQL while people pay, and counts the money.</summary>
[Trait("Category", Campaign.Category)]
public sealed class LedgerFaultTests : IAsyncLifetime
{
    private const int Payers = 16;
    private const int PaymentsEach = 12;
    private const int Wallets = 6;

    private LocalStack _stack = null!;
    private PorticoApp _app = null!;
    private PorticoProcess _process = null!;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions());
        _app = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = _stack });
        _process = await PorticoProcess.StartAsync(_app, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Ledger:Writers"] = "2" });
    }

    public async Task DisposeAsync()
    {
        await _process.DisposeAsync();
        await _app.DisposeAsync();
        await _stack.DisposeAsync();
    }

    [Fact]
    public Task Nothing_acknowledged_is_lost_and_nothing_is_paid_twice() => Campaign.Run(2, Run);

    private async Task Run(int seed)
    {
        var random = new Random(seed);
        var (person, manager) = (await _app.SignUpAsync(), await _app.ManagerAsync());
        var wallets = new Guid[Wallets];
        for (var n = 0; n < Wallets; n++)
        {
            wallets[n] = await person.OpenWalletAsync();
            await manager.DepositAsync(_app, wallets[n], "20.00");
        }

        var answers = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var paying = Task.WhenAll(Enumerable.Range(0, Payers).Select(payer => Task.Run(() => Pay(person, wallets, new Random((seed * Payers) + payer), payer, answers))));
        for (var kill = 0; kill < 2; kill++)
        {
            await Task.Delay(random.Next(10, 250));
            if (random.Next(2) == 0)
            {
                await _process.KillAsync();
                await _process.StartAsync();
            }
            else
            {
                await _stack.Postgres.KillAsync();
                await _stack.Postgres.RestartAsync();
                await _stack.Postgres.WaitUntilReadyAsync();
            }
        }

        await paying;
        Assert.Equal(Payers * PaymentsEach, answers.Count);
        // Every repetition tells the same, by whichever process.
        foreach (var (key, answer) in answers.Where((_, n) => n % 7 == 0))
        {
            using var again = await Send(_app.Client, person, key, BodyOf(key, wallets));
            Assert.Equal(answer, await Told(again));
        }

        await LedgerChecker.CheckAsync(_app.Database.Portico);
        var made = answers.Values.Where(answer => answer.StartsWith("Created ", StringComparison.Ordinal)).Select(answer => JsonSerializer.Deserialize<JsonElement>(answer["Created ".Length..]).GetProperty("id").GetGuid()).ToArray();
        Assert.NotEmpty(made);
        Assert.Equal(made.Length, made.Distinct().Count());
        Assert.Equal((made.Length, made.Length), await Count(person, wallets, made));
    }

    private async Task Pay(TestPerson person, Guid[] wallets, Random random, int payer, ConcurrentDictionary<string, string> answers)
    {
        for (var n = 0; n < PaymentsEach; n++)
        {
            var from = random.Next(Wallets);
            var key = $"{payer}-{n}-{from}-{(from + random.Next(1, Wallets)) % Wallets}-{random.Next(1, 900)}-{Guid.NewGuid():N}";
            // As a careful client does: the same key until there is an answer.
            await Eventually.Holds(
                async () =>
                {
                    try
                    {
                        using var answer = await Send(_process.Client, person, key, BodyOf(key, wallets));
                        if (answer.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.UnprocessableEntity))
                        {
                            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, await Told(answer));
                            Assert.NotNull(answer.Headers.RetryAfter);
                            return false;
                        }

                        answers[key] = await Told(answer);
                        return true;
                    }
                    catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
                    {
                        return false;
                    }
                },
                $"payment {key} is answered");
        }
    }

    private static object BodyOf(string key, Guid[] wallets)
    {
        var parts = key.Split('-');
        return LedgerPeople.Transfer(wallets[int.Parse(parts[2])], wallets[int.Parse(parts[3])], $"{int.Parse(parts[4]) / 100}.{int.Parse(parts[4]) % 100:D2}");
    }

    private static Task<HttpResponseMessage> Send(HttpClient client, TestPerson person, string key, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/transfers")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", person.AccessToken) },
            Content = JsonContent.Create(body),
        };
        request.Headers.Add("Idempotency-Key", key);
        return client.SendAsync(request);
    }

    private static async Task<string> Told(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        // Problem Details name the request by its trace.
        return answer.IsSuccessStatusCode ? $"{answer.StatusCode} {text}" : $"{answer.StatusCode} {JsonSerializer.Deserialize<JsonElement>(text).Text("code")}";
    }

    /// <summary>How many of these transfers there are, and how many there are at all in these wallets.</summary>
    private async Task<(int Known, int All)> Count(TestPerson person, Guid[] wallets, Guid[] made)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_app.Database.Portico) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT count(*) FILTER (WHERE id = ANY($1))::int, count(*)::int FROM ledger.journals WHERE kind = 'transfer' AND source_id = ANY($2) AND initiated_by = $3", connection)
        {
            Parameters = { new() { Value = made }, new() { Value = wallets }, new() { Value = person.Id } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt32(0), reader.GetInt32(1));
    }
}
