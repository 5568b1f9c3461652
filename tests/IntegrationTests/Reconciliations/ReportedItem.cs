using System.Globalization;
using System.Text;

namespace Portico.IntegrationTests.Reconciliations;

/// <summary>A payment or a refund as a provider reports it.</summary>
/// <param name="Subject">payment, refund or failedRefund.</param>
/// <param name="Id">The provider's id.</param>
/// <param name="PaymentId">The provider's id of the payment.</param>
/// <param name="Amount">The amount.</param>
/// <param name="Fee">The fee.</param>
/// <param name="Currency">The currency of both.</param>
internal sealed record ReportedItem(string Subject, string Id, string PaymentId, decimal Amount, decimal Fee, string Currency)
{
    /// <summary>The itemized report of Stripe, with a payout that nobody compares.</summary>
    public static string Stripe(IEnumerable<ReportedItem> items, DateTimeOffset at)
    {
        var time = at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        var text = new StringBuilder(
            "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id,description\r\n");
        var number = 0;
        foreach (var item in items)
        {
            var gross = item.Subject == "refund" ? -item.Amount : item.Amount;
            var (category, source) = item.Subject switch
            {
                "payment" => ("charge", $"ch_{number}"),
                "refund" => ("refund", item.Id),
                _ => ("refund_failure", item.Id),
            };
            text.Append(
                CultureInfo.InvariantCulture,
                $"txn_{number++},{time},{item.Currency.ToLower(CultureInfo.InvariantCulture)},");
            text.Append(CultureInfo.InvariantCulture, $"{gross:0.00},{item.Fee:0.00},{gross - item.Fee:0.00},");
            text.Append(CultureInfo.InvariantCulture, $"{category},{source},{item.PaymentId},\"An order, with a comma\"\r\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"txn_p,{time},eur,-50.00,0.00,-50.00,payout,po_1,,\r\n").ToString();
    }

    /// <summary>The registry of payments, or of refunds, of YooKassa.</summary>
    public static string Yookassa(IReadOnlyCollection<ReportedItem> items, DateTimeOffset at, bool isOfRefunds)
    {
        var moscow = at.ToOffset(TimeSpan.FromHours(3));
        var time = moscow.ToString("dd.MM.yyyy HH:mm:ss", CultureInfo.InvariantCulture);
        var text = new StringBuilder("\uFEFFРЕЕСТР ПО ДОГОВОРУ НЭК.11322.23 (152368)\r\nДата платежей: 2026-11-27\r\n");
        text.Append(isOfRefunds
            ? "Идентификатор возврата;Идентификатор платежа;Сумма возврата;Валюта возврата;Время возврата\r\n"
            : "Идентификатор платежа;Сумма платежа;Валюта платежа;Сумма за вычетом комиссии и НДС;Время платежа;Описание\r\n");
        foreach (var item in items)
        {
            text.Append(isOfRefunds
                ? string.Create(
                    CultureInfo.InvariantCulture, $"{item.Id};{item.PaymentId};{item.Amount:0.00};{item.Currency};{time}\r\n")
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{item.Id};{item.Amount:0.00};{item.Currency};{item.Amount - item.Fee:0.00};{time};\"Заказ; №72\"\r\n"));
        }

        return text.Append(
            CultureInfo.InvariantCulture, $"\r\nЧисло {(isOfRefunds ? "возвратов" : "платежей")}: {items.Count}\r\n").ToString();
    }
}
