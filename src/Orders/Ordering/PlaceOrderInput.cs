using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Portico.Orders.Calls;
using Portico.Orders.Domain;

namespace Portico.Orders.Ordering;

/// <summary>A checked request to place an order.</summary>
internal sealed partial record PlaceOrderInput(Guid Id, IReadOnlyList<WantedLine> Lines, (string Amount, string Currency) Expected)
{
    private const int MaxLines = 50;
    private const int MaxQuantity = 1000;

    /// <summary>The same for the same content.</summary>
    public byte[] Fingerprint()
    {
        var text = new StringBuilder($"{Expected.Amount} {Expected.Currency}");
        foreach (var line in Lines)
            text.Append(CultureInfo.InvariantCulture, $"\n{line.ProductId} {line.Quantity}");
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <exception cref="OrderRefusedException">A field is wrong.</exception>
    public static PlaceOrderInput Read(V1.PlaceOrderRequest request)
    {
        var errors = new FieldErrors();
        var id = errors.Id("order_id", request.OrderId);
        if (request.Lines.Count is 0 or > MaxLines)
            errors.Add("lines", $"An order has 1 to {MaxLines} lines.");

        List<WantedLine> lines = [];
        foreach (var (i, line) in request.Lines.Take(MaxLines).Index())
        {
            var product = errors.Id($"lines[{i}].product_id", line.ProductId);
            if (line.Quantity is < 1 or > MaxQuantity)
                errors.Add($"lines[{i}].quantity", $"This must be 1 to {MaxQuantity}.");
            if (lines.Exists(other => other.ProductId == product))
                errors.Add($"lines[{i}].product_id", "Another line has this product.");
            lines.Add(new WantedLine(product, line.Quantity));
        }

        var (amount, currency) = (request.ExpectedTotal?.Amount ?? "", request.ExpectedTotal?.Currency ?? "");
        if (!Amount().IsMatch(amount))
            errors.Add("expected_total.amount", "This must be a decimal number, such as 12.30.");
        if (!Code().IsMatch(currency))
            errors.Add("expected_total.currency", "This must be a code of ISO 4217, such as EUR.");
        errors.ThrowIfAny();
        return new PlaceOrderInput(id, lines, (amount, currency));
    }

    [GeneratedRegex(@"\A(0|[1-9][0-9]{0,17})(\.[0-9]{1,8})?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Amount();

    [GeneratedRegex(@"\A[A-Z]{3,4}\z", RegexOptions.None, 1000)]
    private static partial Regex Code();
}
