using System.Globalization;
using System.Text;
using Portico.Infrastructure.Reconciliations;

namespace Portico.Application.UnitTests.Reconciliations;

/// <summary>How the reports of both providers are read.</summary>
public sealed class ReportReaderTests
{
    private const string StripeHeader =
        "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,charge_id,"
        + "payment_intent_id,description";

    private const string PaymentHeader =
        "Идентификатор платежа;Сумма платежа;Валюта платежа;Сумма за вычетом комиссии и НДС;Сумма комиссии без НДС;Время платежа;"
        + "Идентификатор платежного средства;Описание;Тип платежа;НДС с комиссии";

    private const string RefundHeader = "Идентификатор возврата;Идентификатор платежа;Сумма возврата;Валюта возврата;Время возврата";

    private static readonly string[] StripeRows =
    [
        StripeHeader,
        "txn_1,2026-09-14 10:02:11,2026-09-16 00:00:00,eur,600.00,8.70,591.30,charge,ch_1,ch_1,pi_1,\"Order 1041, \"\"gift\"\"\"",
        "txn_2,2026-09-15 09:12:45,2026-09-17 00:00:00,eur,-20.00,0.00,-20.00,refund,re_1,ch_1,pi_1,=HYPERLINK(1)",
        "txn_3,2026-09-15 10:00:00,2026-09-17 00:00:00,jpy,500,0,500,refund_failure,re_2,ch_2,pi_2,",
        "txn_4,2026-09-16 11:00:00,2026-09-17 00:00:00,eur,-100.00,15.00,-115.00,dispute,dp_1,ch_3,pi_3,",
    ];

    private static readonly string[] YookassaRows =
    [
        "РЕЕСТР ПЛАТЕЖЕЙ ПО ДОГОВОРУ НЭК.11322.23 (152368)",
        "Дата платежей: 2022-12-15",
        PaymentHeader,
        "276a9776-000f-5000-a000-179a4d5c6bad;2.00;RUB;1.91;0.07;15.12.2022 12:37:07;41001860899377;Заказ №72;AC;0,02",
        "21b212e1-0016-50fb-9000-07aebf184c41;8.00;RUB;7.66;0.28;15.12.2022 15:43:01;41001860899377;\"Заказ; №73\";PC;0,06",
        "",
        "Сумма принятых платежей: 10.00 RUB",
        "Число платежей: 2",
    ];

    [Fact]
    public async Task Reads_payments_refunds_and_what_is_neither_from_a_report_of_Stripe()
    {
        var rows = await Stripe(string.Join("\r\n", StripeRows));
        Assert.Equal(
            [
                "2 payment pi_1 600.00 EUR 8.70 EUR 2026-09-14T10:02:11 True",
                "3 refund re_1 20.00 EUR 0.00 EUR 2026-09-15T09:12:45 True",
                "4 failedRefund re_2 500 JPY 0 JPY 2026-09-15T10:00:00 True",
                "5 dispute txn_4 -100.00 EUR 15.00 EUR 2026-09-16T11:00:00 False",
            ],
            rows.Select(Text));
    }

    [Fact]
    public async Task Reads_a_registry_of_YooKassa_with_its_title_and_its_sums()
    {
        var format = new YookassaReport();
        var rows = await Read(string.Join('\n', YookassaRows), format);
        Assert.Equal(
            [
                "4 payment 276a9776-000f-5000-a000-179a4d5c6bad 2.00 RUB 0.09 RUB 2022-12-15T09:37:07 True",
                "5 payment 21b212e1-0016-50fb-9000-07aebf184c41 8.00 RUB 0.34 RUB 2022-12-15T12:43:01 True",
            ],
            rows.Select(Text));
        Assert.True(format is { CoversPayments: true, CoversRefunds: false });
    }

    [Fact]
    public async Task Reads_registries_of_YooKassa_that_follow_each_other()
    {
        string[] refunds =
        [
            "РЕЕСТР ВОЗВРАТОВ ПО ДОГОВОРУ НЭК.11322.23 (152368)", "Дата возвратов: 2022-12-15", RefundHeader,
            "refund-1;276a9776-000f-5000-a000-179a4d5c6bad;500.00;RUB;15.12.2022 10:00:00", "", "Сумма возвратов: 500.00 RUB",
            "Число возвратов: 1",
        ];
        var format = new YookassaReport();
        var rows = await Read(string.Join("\r\n", [.. YookassaRows, .. refunds]), format);
        Assert.Equal(3, rows.Count);
        Assert.Equal("12 refund refund-1 500.00 RUB  2022-12-15T07:00:00 True", Text(rows[2]));
        Assert.True(format is { CoversPayments: true, CoversRefunds: true });
    }

    [Theory]
    [InlineData(",", "\n", false)]
    [InlineData(",", "\r\n", true)]
    [InlineData(";", "\r\n", true)]
    [InlineData("\t", "\n", false)]
    public async Task Takes_the_separators_that_spreadsheets_write(string separator, string newLine, bool hasMark)
    {
        string[] lines = ["balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id",
            "txn_1,2026-09-14 10:02:11,eur,1.50,0.25,1.25,charge,ch_1,pi_1"];
        var text = string.Join(newLine, lines).Replace(",", separator, StringComparison.Ordinal);
        var row = Assert.Single(await Stripe((hasMark ? "\uFEFF" : "") + text));
        Assert.Equal("2 payment pi_1 1.50 EUR 0.25 EUR 2026-09-14T10:02:11 True", Text(row));
    }

    [Fact]
    public async Task Reads_decimals_with_a_comma()
    {
        var row = Assert.Single(await Stripe(
            "balance_transaction_id;created_utc;currency;gross;fee;net;reporting_category;source_id;payment_intent_id\n"
            + "txn_1;2026-09-14 10:02:11;eur;1,50;0,25;1,25;charge;ch_1;pi_1\n"));
        Assert.Equal(1.50m, row.Amount.Amount);
    }

    [Theory]
    [InlineData("pi_1", "1.505", "0", "1.505", "gross is no amount in EUR.")]
    [InlineData("pi_1", "1e2", "0", "100", "gross is no amount in EUR.")]
    [InlineData("pi_1", "1,000.00", "0", "1000", "gross is no amount in EUR.")]
    [InlineData("pi_1", "NaN", "0", "0", "gross is no amount in EUR.")]
    [InlineData("pi_1", "99999999999999999999999999999.99", "0", "0", "gross is no amount in EUR.")]
    [InlineData("pi_1", "700000000000000000000000000", "-700000000000000000000000000", "0", "gross is no amount in EUR.")]
    [InlineData("pi_1", "", "0", "0", "gross is empty.")]
    [InlineData("pi_1", "10.00", "1.00", "10.00", "net is not gross less fee.")]
    [InlineData("pi_1", "-10.00", "0", "-10.00", "gross has the wrong sign for a charge.")]
    [InlineData("=cmd|' /C calc'!A0", "10.00", "0", "10.00", "payment_intent_id is no id.")]
    [InlineData("-pi", "10.00", "0", "10.00", "payment_intent_id is no id.")]
    public async Task Names_a_wrong_row_by_its_line(string id, string gross, string fee, string net, string problem)
    {
        var wrong = await Assert.ThrowsAsync<InvalidReportException>(() => Stripe(
            $"""
            balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id
            txn_1,2026-09-14 10:02:11,eur,1.50,0.25,1.25,charge,ch_1,pi_1

            txn_2,2026-09-14 10:02:11,eur,"{gross}",{fee},{net},charge,ch_1,{id}
            """));
        Assert.Equal([(4, problem)], wrong.Problems);
    }

    [Theory]
    [InlineData("", "There is no line with the names of columns.")]
    [InlineData("a,b\n1,2\n", "There is no line with the names of columns.")]
    [InlineData("reporting_category,currency\ncharge,eur\n", "The column balance_transaction_id is missing.")]
    public async Task Refuses_what_is_another_file(string text, string problem)
    {
        var wrong = await Assert.ThrowsAsync<InvalidReportException>(() => Stripe(text));
        Assert.StartsWith(problem, Assert.Single(wrong.Problems).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_registry_that_was_cut_off()
    {
        var wrong = await Assert.ThrowsAsync<InvalidReportException>(() => Read(
            string.Join('\n', YookassaRows).Replace("Число платежей: 2", "Число платежей: 3", StringComparison.Ordinal),
            new YookassaReport()));
        Assert.Equal([(8, "The registry should have 3 rows and has 2. It may be cut off.")], wrong.Problems);
    }

    [Theory]
    [InlineData("01.01.0001 00:00:00")]
    [InlineData("15.12.20222 12:37:07")]
    public async Task Refuses_a_time_that_is_none(string time)
    {
        var wrong = await Assert.ThrowsAsync<InvalidReportException>(() => Read(
            string.Join('\n', YookassaRows).Replace("15.12.2022 12:37:07", time, StringComparison.Ordinal), new YookassaReport()));
        Assert.Equal([(4, "Время платежа is no time, such as dd.MM.yyyy HH:mm:ss.")], wrong.Problems.Take(1));
    }

    [Fact]
    public async Task Refuses_a_commission_that_contradicts_the_sum()
    {
        var wrong = await Assert.ThrowsAsync<InvalidReportException>(() => Read(
            string.Join('\n', YookassaRows).Replace("7.66", "7.65", StringComparison.Ordinal), new YookassaReport()));
        Assert.Equal(5, Assert.Single(wrong.Problems).Line);
    }

    [Fact]
    public async Task Refuses_what_is_not_in_UTF_8_and_says_so()
    {
        using var stream = new MemoryStream([.. Encoding.UTF8.GetBytes(StripeHeader), 0xD0, 0x0A]);
        var wrong = await Assert.ThrowsAsync<InvalidReportException>(() => Read(stream, new StripeReport()));
        Assert.StartsWith("The file is not in UTF-8", Assert.Single(wrong.Problems).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bounds_what_a_forgotten_quotation_mark_swallows()
    {
        var text = new StringBuilder(StripeHeader).Append("\ntxn_1,\"");
        for (var line = 0; line < 50_000; line++)
            text.Append(StripeRows[1]).Append('\n');
        await Assert.ThrowsAsync<InvalidReportException>(() => Stripe(text.ToString()));
    }

    [Fact]
    public async Task Names_the_first_wrong_rows_of_many()
    {
        var wrong = await Assert.ThrowsAsync<InvalidReportException>(() => Stripe(
            StripeHeader + "\n" + string.Concat(Enumerable.Repeat("txn_1,x\n", 1_000))));
        Assert.Equal(20, wrong.Problems.Count);
        Assert.Equal((2, "The line has 2 cells instead of 12."), wrong.Problems[0]);
    }

    private static Task<List<ReportRow>> Stripe(string text) => Read(text, new StripeReport());

    private static async Task<List<ReportRow>> Read(string text, ReportFormat format)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await Read(stream, format);
    }

    private static async Task<List<ReportRow>> Read(Stream stream, ReportFormat format)
    {
        List<ReportRow> rows = [];
        await foreach (var row in ReportReader.Read(stream, format, default))
            rows.Add(row);
        return rows;
    }

    private static string Text(ReportRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{row.Line} {row.Subject} {row.ProviderId} {row.Amount} {row.Fee} {row.At:yyyy-MM-dd'T'HH:mm:ss} {row.IsCompared}");
}
