using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

public sealed class WalletHistoryTests : PorticoTests
{
    private TestPerson _manager = null!;
    private TestPerson _ada = null!;
    private TestPerson _bob = null!;
    private Guid _from;
    private Guid _to;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _manager = await App.ManagerAsync();
        (_ada, _bob) = (await App.SignUpAsync(), await App.SignUpAsync());
        (_from, _to) = (await _ada.OpenWalletWithAsync(App, _manager, "100.00"), await _bob.OpenWalletAsync());
    }

    public override Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    public async Task Tells_of_each_step_on_both_sides()
    {
        var transfer = await _ada.TransferAsync(App, _from, _to, "12.34");
        await _manager.PostAsync(App, $"transfers/{transfer.Text("id")}/reverse", new { amount = Money("2.34") })
            .Json(HttpStatusCode.Created);
        var hold = await _ada.PlaceHoldAsync(App, _from, _to, "20.00");
        await _ada.PostAsync(App, $"holds/{hold}/capture", new { amount = Money("5.00") }).Json(HttpStatusCode.OK);
        await _ada.PostAsync(App, $"holds/{hold}/void", null).Json(HttpStatusCode.OK);

        var mine = (await EntriesAsync(_ada, _from)).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(
            [
                "void 0.00 85.00 0.00",
                "capture -5.00 85.00 15.00",
                "hold 0.00 90.00 20.00",
                "reversal 2.34 90.00 0.00",
                "transfer -12.34 87.66 0.00",
                "deposit 100.00 100.00 0.00"
            ],
            mine.Select(Line));
        Assert.Equal([6, 5, 4, 3, 2, 1], mine.Select(entry => entry.GetProperty("version").GetInt32()));
        Assert.Equal(transfer.Text("id"), mine[4].Text("transferId"));
        Assert.Equal(transfer.Text("createdAt"), mine[4].Text("createdAt"));
        Assert.Equal(transfer.Text("id"), mine[3].Text("reversesId"));
        Assert.Equal(hold, mine[1].GetProperty("holdId").GetGuid());
        Assert.Equal(_to, mine[1].GetProperty("counterpartyId").GetGuid());
        Assert.Equal(JsonValueKind.Null, mine[5].GetProperty("counterpartyId").ValueKind);
        Assert.Equal("funds", mine[5].Text("description"));

        var theirs = (await EntriesAsync(_bob, _to)).GetProperty("items").EnumerateArray();
        Assert.Equal(["capture 5.00 15.00 0.00", "reversal -2.34 10.00 0.00", "transfer 12.34 12.34 0.00"], theirs.Select(Line));
    }

    [Fact]
    public async Task Pages_through_all_entries_once_while_new_ones_come()
    {
        for (var i = 1; i <= 6; i++)
            await _ada.TransferAsync(App, _from, _to, $"{i}.00");

        List<int> seen = [];
        string? cursor = null;
        do
        {
            var page = await EntriesAsync(_ada, _from, $"?limit=3{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("version").GetInt32()));
            cursor = page.GetProperty("nextCursor").GetString();
            await _ada.TransferAsync(App, _from, _to, "0.01");
        }
        while (cursor is not null);

        Assert.Equal([7, 6, 5, 4, 3, 2, 1], seen);
        await _ada.GetAsync($"/api/v1/wallets/{_from}/entries?cursor=garbage").Problem(HttpStatusCode.BadRequest, "validation_failed");
        await _ada.GetAsync($"/api/v1/wallets/{_from}/entries?limit=101").Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Knows_the_balance_at_every_instant()
    {
        var before = DateTimeOffset.UtcNow.AddHours(-1);
        var moments = new List<(string At, string Balance)>();
        for (var i = 1; i <= 4; i++)
            await _ada.TransferAsync(App, _from, _to, "10.00");
        foreach (var entry in (await EntriesAsync(_ada, _from)).GetProperty("items").EnumerateArray())
            moments.Add((entry.Text("createdAt"), entry.GetProperty("balance").Text("amount")));

        // Of two in one millisecond the newer one counts.
        foreach (var moment in moments.DistinctBy(moment => moment.At))
            Assert.Equal(moment.Balance, await BalanceAsync(_ada, $"?at={moment.At}"));
        Assert.Equal("0.00", await BalanceAsync(_ada, $"?at={before:yyyy-MM-ddTHH:mm:ss.fffZ}"));
        Assert.Equal("60.00", await BalanceAsync(_ada, ""));
        Assert.Equal("60.00", await BalanceAsync(_ada, "?at=9999-12-31T23:59:59.999Z"));
        Assert.Equal("0.00", await BalanceAsync(_ada, "?at=0001-01-01T00:00:00Z"));
        await _ada.GetAsync($"/api/v1/wallets/{_from}/balance?at=yesterday").Problem(HttpStatusCode.BadRequest, "validation_failed");

        await _ada.PlaceHoldAsync(App, _from, _to, "25.00");
        var now = await _ada.GetAsync($"/api/v1/wallets/{_from}/balance").Json(HttpStatusCode.OK);
        Assert.Equal(("25.00", "35.00"), (now.GetProperty("held").Text("amount"), now.GetProperty("available").Text("amount")));
    }

    [Fact]
    public async Task States_an_opening_balance_the_entries_and_the_closing_balance_that_comes_of_them()
    {
        await _ada.TransferAsync(App, _from, _to, "10.00");
        var from = (await _ada.TransferAsync(App, _from, _to, "1.00")).Text("createdAt");
        await _ada.TransferAsync(App, _from, _to, "2.00");

        var whole = await StatementAsync("");
        Assert.Equal((0m, 87m, 4), Sums(whole));
        Assert.Equal(JsonValueKind.Null, whole.GetProperty("from").ValueKind);

        var part = await StatementAsync($"?from={from}");
        Assert.Equal(from, part.Text("from"));
        Assert.Equal(
            Sums(part).Closing,
            Sums(part).Opening + part.GetProperty("entries").EnumerateArray().Sum(entry => Amount(entry.GetProperty("amount"))));

        var earlier = await StatementAsync($"?to={from}");
        Assert.Equal(Sums(part).Opening, Sums(earlier).Closing);
        Assert.Equal(Sums(whole).Count, Sums(earlier).Count + Sums(part).Count);

        Assert.Equal((87m, 87m, 0), Sums(await StatementAsync("?from=2999-01-01T00:00:00Z&to=2999-02-01T00:00:00Z")));
        Assert.Equal((0m, 0m, 0), Sums(await StatementAsync("?to=2000-01-01T00:00:00Z")));
        await _ada.GetAsync($"/api/v1/wallets/{_from}/statement?from={from}&to={from}")
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Refuses_a_period_that_ends_before_it_begins()
    {
        var tomorrow = Uri.EscapeDataString(DateTimeOffset.UtcNow.AddDays(1).ToString("O"));
        foreach (var query in (string[])[$"from={tomorrow}", $"from={tomorrow}&to=2026-01-01T00:00:00Z", "from=9999-12-31T23:59:59.999Z"])
            await _ada.GetAsync($"/api/v1/wallets/{_from}/statement?{query}").Problem(HttpStatusCode.BadRequest, "validation_failed");
        await StatementAsync($"?from={tomorrow}&to=9999-12-31T23:59:59.999Z");
    }

    [Theory]
    [InlineData("text/csv; charset=utf-16", HttpStatusCode.NotAcceptable, false)]
    [InlineData("text/csv; charset=utf-8", HttpStatusCode.OK, false)]
    [InlineData("text/csv; header=present; bom=1", HttpStatusCode.OK, true)]
    [InlineData("text/csv; header=present; bom=0", HttpStatusCode.OK, false)]
    [Trait("Category", "Cases")]
    public async Task Writes_a_table_in_utf8_with_a_byte_order_mark_on_request(string accept, HttpStatusCode status, bool hasMark)
    {
        using var answer = await _ada.SendAsync(HttpMethod.Get, $"/api/v1/wallets/{_from}/statement", null, ("Accept", accept));
        Assert.Equal(status, answer.StatusCode);
        if (status != HttpStatusCode.OK)
            return;
        Assert.Equal("text/csv; charset=utf-8; header=present", answer.Content.Headers.ContentType?.ToString());
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(hasMark, bytes.AsSpan().StartsWith("\uFEFF"u8));
        Assert.True(bytes.AsSpan(hasMark ? 3 : 0).StartsWith("version,createdAt,"u8));
    }

    [Fact]
    public async Task Writes_a_statement_as_a_table_in_which_no_text_is_a_formula()
    {
        string[] texts = ["Lunch, with \"Bob\", and Zoë", "=1+1", " +cmd|' /C calc'!A0", "-2", "@SUM(A1)", "＝1", "plain"];
        foreach (var text in texts)
            await _ada.TransferAsync(App, _from, _to, "0.01", text);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/wallets/{_from}/statement")
        {
            Headers =
            {
                Authorization = new AuthenticationHeaderValue("Bearer", _ada.AccessToken),
                Accept = { new MediaTypeWithQualityHeaderValue("text/csv") }
            },
        };
        using var answer = await App.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/csv; charset=utf-8; header=present", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        var csv = await answer.Content.ReadAsStringAsync();

        var rows = Rows(csv);
        Assert.All(rows, row => Assert.Equal(12, row.Length));
        Assert.Equal(
            [
                "version",
                "createdAt",
                "kind",
                "amount",
                "balance",
                "held",
                "currency",
                "transferId",
                "counterpartyId",
                "holdId",
                "reversesId",
                "description"
            ],
            rows[0]);
        Assert.Equal(("opening", "0.00"), (rows[1][2], rows[1][4]));
        Assert.Equal(("closing", "99.93"), (rows[^1][2], rows[^1][4]));
        Assert.Equal("-0.01", rows[3][3]);
        Assert.Equal(
            ["funds", "Lunch, with \"Bob\", and Zoë", "'=1+1", "' +cmd|' /C calc'!A0", "'-2", "'@SUM(A1)", "'＝1", "plain"],
            rows[2..^1].Select(row => row[11]));
    }

    [Fact]
    public async Task Is_missing_for_everybody_but_the_owner_and_managers_and_stays_when_the_wallet_is_closed()
    {
        var wallet = await _ada.OpenWalletAsync();
        using var read = await _ada.GetAsync($"/api/v1/wallets/{wallet}");
        await _ada.SendAsync(HttpMethod.Delete, $"/api/v1/wallets/{wallet}", null, ("If-Match", read.Headers.ETag!.ToString()))
            .Json(HttpStatusCode.NoContent);

        foreach (var part in (string[])["entries", "balance", "statement"])
        {
            foreach (var id in (Guid[])[_from, wallet])
            {
                await _ada.GetAsync($"/api/v1/wallets/{id}/{part}").Json(HttpStatusCode.OK);
                await _manager.GetAsync($"/api/v1/wallets/{id}/{part}").Json(HttpStatusCode.OK);
                await _bob.GetAsync($"/api/v1/wallets/{id}/{part}").Problem(HttpStatusCode.NotFound, "not_found");
            }

            // The system's own accounts are nobody's wallets.
            var cash = Domain.Ledger.SystemAccounts.IdOf(Domain.Ledger.AccountKind.Cash, Domain.Currencies.Currency.Of("EUR"));
            await _manager.GetAsync($"/api/v1/wallets/{cash}/{part}").Problem(HttpStatusCode.NotFound, "not_found");
            await App.Client.GetAsync($"/api/v1/wallets/{_from}/{part}").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        }
    }

    private static Task<JsonElement> EntriesAsync(TestPerson person, Guid wallet, string query = "") =>
        person.GetAsync($"/api/v1/wallets/{wallet}/entries{query}").Json(HttpStatusCode.OK);

    private async Task<string> BalanceAsync(TestPerson person, string query) =>
        (await person.GetAsync($"/api/v1/wallets/{_from}/balance{query}").Json(HttpStatusCode.OK)).GetProperty("balance").Text("amount");

    private Task<JsonElement> StatementAsync(string query) =>
        _ada.GetAsync($"/api/v1/wallets/{_from}/statement{query}").Json(HttpStatusCode.OK);

    private static (decimal Opening, decimal Closing, int Count) Sums(JsonElement statement)
    {
        Assert.Equal(statement.GetProperty("entryCount").GetInt32(), statement.GetProperty("entries").GetArrayLength());
        return (
            Amount(statement.GetProperty("opening")),
            Amount(statement.GetProperty("closing")),
            statement.GetProperty("entryCount").GetInt32());
    }

    private static decimal Amount(JsonElement money) =>
        decimal.Parse(money.Text("amount"), System.Globalization.CultureInfo.InvariantCulture);

    private static string Line(JsonElement entry)
    {
        return $"{entry.Text("kind")} {Amount("amount")} {Amount("balance")} {Amount("held")}";

        string Amount(string of) => entry.GetProperty(of).Text("amount");
    }

    /// <summary>Reads RFC 4180 as strictly as it is written: CRLF after each row, quotes only around whole fields.</summary>
    private static string[][] Rows(string csv)
    {
        var (rows, fields, field) = (new List<string[]>(), new List<string>(), new System.Text.StringBuilder());
        for (var i = 0; i < csv.Length; i++)
        {
            if (csv[i] == '"')
            {
                Assert.Equal(0, field.Length);
                for (i++; csv[i] != '"' || (i + 1 < csv.Length && csv[i + 1] == '"'); i++)
                {
                    field.Append(csv[i]);
                    i += csv[i] == '"' ? 1 : 0;
                }
            }
            else if (csv[i] == ',')
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else if (csv[i] == '\r')
            {
                Assert.Equal('\n', csv[++i]);
                rows.Add([.. fields, field.ToString()]);
                fields.Clear();
                field.Clear();
            }
            else
            {
                field.Append(csv[i]);
            }
        }

        Assert.Equal(0, field.Length + fields.Count);
        return [.. rows];
    }
}
