using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Npgsql;
using Portico.Domain.Payments;
using Portico.Domain.Users;
using Portico.Infrastructure.Reconciliations;
using Portico.Testing;

namespace Portico.IntegrationTests.Reconciliations;

/// <summary>Reports of providers against what is booked.</summary>
public sealed class ReconciliationTests(ReconciliationWorld world) : IClassFixture<ReconciliationWorld>
{
    private static readonly string[] Faults =
        ["late", "missingHere", "missingThere", "twice", "wrongAmount", "wrongCurrency", "wrongFee"];

    [Fact]
    public async Task A_true_report_has_no_differences_and_is_kept()
    {
        var made = await world.SendAsync("stripe", ReportedItem.Stripe(world.Stripe, world.At)).Json(HttpStatusCode.Created);
        Assert.Empty(ReconciliationWorld.Found(made));
        Assert.Equal(world.Stripe.Count, made.GetProperty("matched").GetInt32());
        Assert.Equal(world.Stripe.Count + 1, made.GetProperty("rows").GetInt32());
        var totals = made.GetProperty("totals").EnumerateArray().ToDictionary(total => total.Text("name"), StringComparer.Ordinal);
        Assert.Equal(["failedRefund", "payment", "payout", "refund"], totals.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, total) in totals.Where(total => total.Value.GetProperty("compared").GetBoolean()))
        {
            Assert.Equal(total.GetProperty("reportedCount").GetInt32(), total.GetProperty("bookedCount").GetInt32());
            Assert.Equal(total.GetProperty("reported").Text("amount"), total.GetProperty("booked").Text("amount"));
            Assert.Equal(total.GetProperty("reportedFee").Text("amount"), total.GetProperty("bookedFee").Text("amount"));
            Assert.Equal(world.Stripe.Count(item => item.Subject == name), total.GetProperty("bookedCount").GetInt32());
        }

        Assert.Equal("-50.00", totals["payout"].GetProperty("reported").Text("amount"));
        var id = made.Text("id");
        var read = await world.Admin.GetAsync($"/api/v1/ledger/reconciliations/{id}").Json(HttpStatusCode.OK);
        Assert.True(JsonElement.DeepEquals(made, read), $"{made}\n{read}");
        var listed = await world.Admin.GetAsync("/api/v1/ledger/reconciliations?limit=100").Json(HttpStatusCode.OK);
        Assert.Contains(listed.GetProperty("items").EnumerateArray(), item => item.Text("id") == id);
        var entries = await world.Admin.GetAsync($"/api/v1/audit?subject={id}").Json(HttpStatusCode.OK);
        Assert.Equal("reconciliation.made", Assert.Single(entries.GetProperty("items").EnumerateArray()).Text("action"));
    }

    [Fact]
    public async Task Exactly_the_faults_of_a_report_are_found() => await Campaign.Run(runsInSuite: 12, async seed =>
    {
        var random = new Random(seed);
        var (items, expected) = Break(random, random.Next(9));
        var made = await world.SendAsync("stripe", ReportedItem.Stripe(items, world.At)).Json(HttpStatusCode.Created);
        Assert.Equal(expected.Order(StringComparer.Ordinal), ReconciliationWorld.Found(made));
        foreach (var kind in Faults)
        {
            Assert.Equal(
                expected.Count(each => each.StartsWith($"{kind} ", StringComparison.Ordinal)),
                made.GetProperty("counts").GetProperty(kind).GetInt32());
        }

        Assert.Equal(expected.Count, made.GetProperty("counts").GetProperty("total").GetInt32());
    });

    [Fact]
    public async Task Each_difference_says_what_both_sides_have()
    {
        var item = world.Stripe[4];
        var made = await world.SendAsync(
            "stripe",
            ReportedItem.Stripe(
                world.Stripe.Select(each => each == item ? each with { Amount = each.Amount - 10, Fee = each.Fee + 1 } : each), world.At))
            .Json(HttpStatusCode.Created);
        Assert.Equal([$"wrongAmount payment {item.Id}", $"wrongFee payment {item.Id}"], ReconciliationWorld.Found(made));
        var difference = made.GetProperty("differences")[0];
        Assert.Equal("94.00", difference.GetProperty("reported").GetProperty("amount").Text("amount"));
        Assert.Equal(6, difference.GetProperty("reported").GetProperty("line").GetInt32());
        Assert.Equal("104.00", difference.GetProperty("booked").GetProperty("amount").Text("amount"));
        Assert.Equal("3.24", difference.GetProperty("booked").GetProperty("fee").Text("amount"));
        var paymentId = Guid.ParseExact(item.Id[3..], "N");
        Assert.Equal(paymentId, difference.GetProperty("paymentId").GetGuid());
        Assert.Equal(PaymentIds.CreditOf(paymentId), difference.GetProperty("booked").GetProperty("journalId").GetGuid());

        var page = await world.Admin.GetAsync($"/api/v1/ledger/reconciliations/{made.Text("id")}/differences?limit=1")
            .Json(HttpStatusCode.OK);
        Assert.True(JsonElement.DeepEquals(difference, Assert.Single(page.GetProperty("items").EnumerateArray())));
        var rest = await world.Admin.GetAsync(
            $"/api/v1/ledger/reconciliations/{made.Text("id")}/differences?cursor={page.Text("nextCursor")}").Json(HttpStatusCode.OK);
        Assert.Equal("wrongFee", Assert.Single(rest.GetProperty("items").EnumerateArray()).Text("kind"));
        var ofKind = await world.Admin.GetAsync(
            $"/api/v1/ledger/reconciliations/{made.Text("id")}/differences?kind=late").Json(HttpStatusCode.OK);
        Assert.Empty(ofKind.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Registries_of_YooKassa_are_compared_one_by_one_or_together()
    {
        var payments = world.Yookassa.Where(item => item.Subject == "payment").ToList();
        var refunds = world.Yookassa.Where(item => item.Subject == "refund").ToList();
        var (first, second) = (ReportedItem.Yookassa(payments, world.At, false), ReportedItem.Yookassa(refunds, world.At, true));
        foreach (var (report, covers) in new[]
        {
            (first, "payment"), (second, "refund,failedRefund"), (first + second[1..], "payment,refund,failedRefund"),
        })
        {
            var made = await world.SendAsync("yookassa", report).Json(HttpStatusCode.Created);
            Assert.Empty(ReconciliationWorld.Found(made));
            Assert.Equal(covers, string.Join(',', made.GetProperty("covers").EnumerateArray().Select(each => each.GetString())));
            Assert.Equal(made.GetProperty("rows").GetInt32(), made.GetProperty("matched").GetInt32());
        }

        var short1 = await world.SendAsync("yookassa", ReportedItem.Yookassa(payments[1..], world.At, false)).Json(HttpStatusCode.Created);
        Assert.Equal([$"missingThere payment {payments[0].Id}"], ReconciliationWorld.Found(short1));
    }

    [Fact]
    public async Task A_file_that_is_sent_again_is_known_and_a_file_with_everything_twice_too()
    {
        var report = ReportedItem.Stripe(world.Stripe.Reverse(), world.At);
        var first = await world.SendAsync("stripe", report).Json(HttpStatusCode.Created);
        var again = await world.SendAsync("stripe", report).Json(HttpStatusCode.Created);
        Assert.Equal(JsonValueKind.Null, first.GetProperty("repeatOf").ValueKind);
        Assert.Equal(first.Text("id"), again.Text("repeatOf"));
        Assert.Empty(ReconciliationWorld.Found(again));

        var doubled = await world.SendAsync("stripe", ReportedItem.Stripe(world.Stripe.Concat(world.Stripe), world.At))
            .Json(HttpStatusCode.Created);
        Assert.Equal(
            world.Stripe.Select(item => $"twice {item.Subject} {item.Id}").Order(StringComparer.Ordinal),
            ReconciliationWorld.Found(doubled));
    }

    [Fact]
    public async Task A_file_that_is_sent_again_with_its_key_gets_the_first_answer()
    {
        // Large enough for a temporary file.
        var report = ReportedItem.Stripe(world.Stripe, world.At) + new string('\n', 100_000);
        var key = $"{Guid.NewGuid()}";
        var sent = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.SendAsync("stripe", report, key: key)));
        var bodies = await Task.WhenAll(sent.Select(answer => answer.Content.ReadAsStringAsync()));
        Assert.All(sent, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single(bodies.Distinct(StringComparer.Ordinal));
        Assert.Equal(3, sent.Count(answer => answer.Headers.TryGetValues("Idempotency-Replayed", out _)));
        Assert.Single(sent.Select(answer => answer.Headers.Location).Distinct());
        foreach (var answer in sent)
            answer.Dispose();

        var other = await world.SendAsync("stripe", report + "\n", key: key)
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Contains("another value of fileSha256", other.Text("detail"), StringComparison.Ordinal);
        await world.SendAsync("stripe", report, world.To, DateTimeOffset.UtcNow, key)
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        // What can't be read is not stored under the key.
        var repaired = $"{Guid.NewGuid()}";
        await world.SendAsync("stripe", "no report", key: repaired).Problem(HttpStatusCode.BadRequest, "invalid_report");
        await world.SendAsync("stripe", report, key: repaired).Json(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_comparison_that_would_succeed_later_is_not_stored_under_its_key()
    {
        var report = ReportedItem.Stripe(world.Stripe, world.At);
        var key = $"{Guid.NewGuid()}";
        await using (var running = new NpgsqlConnection(world.App.Database.Portico))
        {
            await running.OpenAsync();
            await using var transaction = await running.BeginTransactionAsync();
            await using (var begin = new NpgsqlCommand(ReconciliationSql.Begin, running))
                Assert.Equal(true, await begin.ExecuteScalarAsync());
            using var refused = await world.SendAsync("stripe", report, key: key);
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        await world.SendAsync("stripe", report, key: key).Json(HttpStatusCode.Created);
    }

    [Fact]
    public async Task What_was_late_is_not_missing_in_the_next_period_and_what_belongs_to_no_payment_is_named()
    {
        var late = await world.SendAsync("stripe", ReportedItem.Stripe(world.Stripe.Concat(world.Late.Take(2)), world.At))
            .Json(HttpStatusCode.Created);
        Assert.Equal(
            world.Late.Take(2).Select(item => $"late payment {item.Id}").Order(StringComparer.Ordinal), ReconciliationWorld.Found(late));

        // Two were late, so the report of the next period does not have them. Nobody reported the third.
        var missing = world.Late[2];
        var end = DateTimeOffset.UtcNow;
        var next = await world.SendAsync("stripe", ReportedItem.Stripe([], world.At), world.To, end).Json(HttpStatusCode.Created);
        Assert.Equal([$"missingThere payment {missing.Id}"], ReconciliationWorld.Found(next));
        Assert.Equal(1, next.GetProperty("rowsOutside").GetInt32());

        var foreign = await world.BookForeign();
        var after = await world.SendAsync("stripe", ReportedItem.Stripe([], world.At), end, DateTimeOffset.UtcNow)
            .Json(HttpStatusCode.Created);
        var difference = Assert.Single(after.GetProperty("differences").EnumerateArray());
        Assert.Equal("missingThere journal", $"{difference.Text("kind")} {difference.Text("subject")}");
        Assert.Equal(foreign, difference.GetProperty("booked").GetProperty("journalId").GetGuid());
    }

    [Fact]
    public async Task Wrong_lines_are_named_and_nothing_is_stored()
    {
        var before = await world.App.Database.TextAsync("SELECT count(*) FROM ledger.reconciliations");
        var report = ReportedItem.Stripe(world.Stripe, world.At)
            .Replace("100.00,0.00,100.00", "100.00,0.00,99.00", StringComparison.Ordinal);
        var problem = await world.SendAsync("stripe", report).Problem(HttpStatusCode.BadRequest, "invalid_report");
        Assert.Equal("net is not gross less fee.", problem.GetProperty("errors").GetProperty("line 2")[0].GetString());
        problem = await world.SendAsync("yookassa", report).Problem(HttpStatusCode.BadRequest, "invalid_report");
        Assert.StartsWith(
            "There is no line", problem.GetProperty("errors").GetProperty("file")[0].GetString(), StringComparison.Ordinal);
        problem = await world.SendAsync("stripe", report, world.To, world.From).Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty("to", out _));
        await world.SendAsync("paypal", report).Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(before, await world.App.Database.TextAsync("SELECT count(*) FROM ledger.reconciliations"));
        Assert.Equal("0", await world.App.Database.TextAsync("SELECT count(*) FROM ledger.reconciliation_rows"));
    }

    [Fact]
    public async Task A_file_that_met_a_deadlock_is_not_read_again_from_the_end()
    {
        var admin = await world.App.SignUpAsync(Role.Admin);
        await world.App.Database.ExecuteAsOwnerAsync(
            $$"""
            CREATE FUNCTION fail_as_a_victim() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected'; END $$;
            CREATE TRIGGER victim BEFORE INSERT ON ledger.reconciliations
                FOR EACH ROW WHEN (NEW.created_by = '{{admin.Id}}') EXECUTE FUNCTION fail_as_a_victim()
            """);
        try
        {
            using var report = new StringContent(ReportedItem.Stripe(world.Stripe, world.At), new MediaTypeHeaderValue("text/csv"));
            await world.SendAsync(admin, "stripe", report).Problem(HttpStatusCode.Conflict, "concurrent_change");
        }
        finally
        {
            await world.App.Database.ExecuteAsOwnerAsync("DROP TRIGGER victim ON ledger.reconciliations; DROP FUNCTION fail_as_a_victim()");
        }
    }

    [Fact]
    public async Task Only_CSV_of_a_bounded_size_is_taken_and_only_from_administrators()
    {
        using (var json = JsonContent("{}"))
            await world.SendAsync(world.Admin, "stripe", json).Problem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
        using (var large = new ByteArrayContent(new byte[66 * 1024 * 1024]))
        {
            large.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
            await world.SendAsync(world.Admin, "stripe", large).Problem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
            await world.SendAsync(world.Admin, "stripe", large, key: $"{Guid.NewGuid()}", isChunked: true)
                .Problem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
        }

        var manager = await world.App.SignUpAsync(Role.Manager);
        using var report = new StringContent(ReportedItem.Stripe(world.Stripe, world.At), new MediaTypeHeaderValue("text/csv"));
        await world.SendAsync(manager, "stripe", report).Problem(HttpStatusCode.Forbidden, "forbidden");
        await manager.GetAsync("/api/v1/ledger/reconciliations").Problem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task The_database_derives_the_same_ids()
    {
        var id = Guid.CreateVersion7();
        foreach (var (purpose, expected) in new[]
        {
            ("credit", PaymentIds.CreditOf(id)), ("suspense", PaymentIds.SuspenseOf(id)), ("fee", PaymentIds.FeeOf(id)),
            ("capture", PaymentIds.CaptureOf(id)), ("withdrawal", PaymentIds.WithdrawalOf(id)), ("debt", PaymentIds.DebtOf(id)),
            ("return", PaymentIds.ReturnOf(id)), ("suspended return", PaymentIds.SuspendedReturnOf(id)),
        })
        {
            Assert.Equal($"{expected}", await world.App.Database.TextAsync("SELECT ledger.derived_id($1, $2::text::bytea)", id, purpose));
        }
    }

    private static StringContent JsonContent(string json) => new(json, new MediaTypeHeaderValue("application/json"));

    /// <summary>Applies faults to different items of the true report, and says which differences they make.</summary>
    private (IReadOnlyList<ReportedItem> Items, IReadOnlyList<string> Expected) Break(Random random, int count)
    {
        var items = world.Stripe.ToList();
        var sound = new Queue<ReportedItem>(items.OrderBy(_ => random.Next()));
        var late = new Queue<ReportedItem>(world.Late);
        List<string> expected = [];
        for (var n = 0; n < count; n++)
        {
            var fault = Faults[random.Next(Faults.Length)];
            if (fault == "late" && !late.TryDequeue(out _))
                fault = "missingHere";
            var item = fault switch
            {
                "late" => world.Late[world.Late.Count - late.Count - 1],
                "missingHere" => new ReportedItem("payment", $"pi_unknown{random.Next()}", "pi_unknown", 12.34m, 0.5m, "EUR"),
                _ => sound.Dequeue(),
            };
            var at = items.IndexOf(item);
            switch (fault)
            {
                case "late":
                    items.Insert(random.Next(items.Count), item);
                    break;
                case "missingHere":
                    item = item with { PaymentId = item.Id };
                    items.Insert(random.Next(items.Count), item);
                    break;
                case "missingThere":
                    items.RemoveAt(at);
                    break;
                case "twice":
                    items.Insert(random.Next(items.Count), item);
                    break;
                case "wrongAmount":
                    items[at] = item with { Amount = item.Amount + (random.Next(2) == 0 ? 0.01m : 100) };
                    break;
                case "wrongCurrency":
                    items[at] = item with { Currency = "USD" };
                    break;
                default:
                    items[at] = item with { Fee = item.Fee + 0.01m };
                    break;
            }

            expected.Add($"{fault} {item.Subject} {item.Id}");
        }

        return (items, expected);
    }
}
