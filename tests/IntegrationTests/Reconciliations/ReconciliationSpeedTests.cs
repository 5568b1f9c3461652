using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Portico.Domain.Users;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Reconciliations;

/// <summary>A large report, with as many payments that it does not name; <c>./dev test faults</c> prints how long it takes.</summary>
[Trait("Category", Campaign.Category)]
public sealed class ReconciliationSpeedTests(ITestOutputHelper output)
{
    private static int Rows => Campaign.IsOnRequest ? 100_000 : 1_000;

    [Fact]
    public async Task A_report_is_compared_with_twice_as_many_payments()
    {
        var count = Rows;
        // The rows are not a whole ledger, so no other test may see them.
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var admin = await app.SignUpAsync(Role.Admin);
        var from = new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await Book(app, admin.Id, count, from.AddYears(-1));
        await Book(app, admin.Id, count, from);

        var report = Report(count, from);
        using var content = new StringContent(report, Encoding.UTF8, "text/csv");
        var clock = Stopwatch.StartNew();
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            "/api/v1/ledger/reconciliations?provider=yookassa&from=2001-01-01T00:00:00Z&to=2001-12-31T00:00:00Z")
        {
            Headers = { Authorization = new("Bearer", admin.AccessToken) },
            Content = content,
        };
        var made = await app.Client.SendAsync(request).Json(HttpStatusCode.Created);
        var elapsed = clock.Elapsed;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} rows, {report.Length / 1024} KiB: {elapsed.TotalSeconds:0.00} s, {made.GetProperty("counts")}"));
        Assert.Equal(count, made.GetProperty("rows").GetInt32());
        // Every hundredth row but the last has another amount; the last row has an id that is not known.
        Assert.Equal((count / 100) - 1, made.GetProperty("counts").GetProperty("wrongAmount").GetInt32());
        Assert.Equal(1, made.GetProperty("counts").GetProperty("missingHere").GetInt32());
        Assert.Equal(1, made.GetProperty("counts").GetProperty("missingThere").GetInt32());
        Assert.Equal((count / 100) + 1, made.GetProperty("counts").GetProperty("total").GetInt32());
        Assert.Equal(count - (count / 100), made.GetProperty("matched").GetInt32());
    }

    // Straight into the tables, because the worker would need hours: each payment with its credit and its fee.
    private static async Task Book(PorticoApp app, Guid owner, int count, DateTimeOffset from) =>
        await app.Database.ExecuteAsOwnerAsync(
            """
            WITH made AS MATERIALIZED (
                SELECT n, $3::timestamptz + n * interval '5 seconds' AS at, substr($4, 1, 8) || lpad(n::text, 8, '0') AS provider_id,
                    encode(set_byte(set_byte(uuid_send(gen_random_uuid()), 6, 112), 8, 128), 'hex')::uuid AS id
                FROM generate_series(1, $2) n),
            clearing AS (SELECT id, version, posted FROM ledger.accounts WHERE kind = 'yookassaClearing' AND currency = 'KZT'),
            paid AS (
                INSERT INTO payments (id, version, owner_id, wallet_id, provider, amount, currency, status, return_url, provider_id,
                    captured, fee, refunded, needs_attention, created_at, ended_at)
                SELECT id, 1, $1, id, 'yookassa', 10000 + n, 'KZT', 'uncredited', 'https://app.example.com', provider_id, 10000 + n, 300, 0,
                    false, at, at
                FROM made),
            moved AS MATERIALIZED (
                SELECT ledger.derived_id(id, p.purpose) AS journal_id, made.id AS payment_id, at, p.kind, p.is_fee,
                    CASE WHEN p.is_fee THEN 300 ELSE 10000 + n END AS amount, 2 * n - 1 + p.is_fee::int AS version
                FROM made CROSS JOIN (VALUES ('suspense'::bytea, 'deposit', false), ('fee'::bytea, 'providerFee', true))
                    p (purpose, kind, is_fee)),
            journals AS (
                INSERT INTO ledger.journals (id, kind, source_id, destination_id, currency, amount, description, recorded_at)
                SELECT m.journal_id, m.kind, CASE WHEN m.is_fee THEN o.id ELSE c.id END, CASE WHEN m.is_fee THEN c.id ELSE o.id END, 'KZT',
                    m.amount, 'Payment ' || m.payment_id, m.at
                FROM moved m CROSS JOIN clearing c
                    JOIN ledger.accounts o ON o.currency = 'KZT' AND o.kind = CASE WHEN m.is_fee THEN 'providerFees' ELSE 'suspense' END),
            postings AS (
                INSERT INTO ledger.postings (account_id, account_version, journal_id, amount, posted_after, held_after, recorded_at)
                SELECT c.id, c.version + m.version, m.journal_id, CASE WHEN m.is_fee THEN m.amount ELSE -m.amount END,
                    c.posted + sum(CASE WHEN m.is_fee THEN m.amount ELSE -m.amount END) OVER (ORDER BY m.version), 0, m.at
                FROM moved m CROSS JOIN clearing c)
            UPDATE ledger.accounts a SET version = a.version + 2 * $2,
                posted = a.posted + (SELECT sum(CASE WHEN is_fee THEN amount ELSE -amount END) FROM moved)
            FROM clearing c WHERE a.id = c.id
            """,
            owner, count, from, $"{from.Year}-yk-");

    private static string Report(int count, DateTimeOffset from)
    {
        var text = new StringBuilder(
            "Идентификатор платежа;Сумма платежа;Валюта платежа;Сумма за вычетом комиссии и НДС;Время платежа;Описание\n");
        for (var n = 1; n <= count; n++)
        {
            var amount = ((n % 100 == 0 && n != count ? 20_000 : 10_000) + n) / 100m;
            var time = from.AddSeconds(5 * n).ToOffset(TimeSpan.FromHours(3));
            var id = n == count ? "unknown" : string.Create(CultureInfo.InvariantCulture, $"{from.Year}-yk-{n:D8}");
            text.Append(
                CultureInfo.InvariantCulture, $"{id};{amount:0.00};KZT;{amount - 3:0.00};{time:dd.MM.yyyy HH:mm:ss};\"Заказ №{n}\"\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nЧисло платежей: {count}\n").ToString();
    }
}
