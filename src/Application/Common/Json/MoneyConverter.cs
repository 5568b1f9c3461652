using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Domain.Common;

namespace Portico.Application.Common.Json;

/// <summary>Reads and writes money as <c>{"amount":"12.34","currency":"EUR"}</c>.</summary>
/// <remarks>
/// The amount is text, because JSON readers round numbers. <see cref="Money.Parse"/> defines the accepted forms.
/// </remarks>
public sealed class MoneyConverter : JsonConverter<Money>
{
    private static readonly JsonEncodedText Amount = JsonEncodedText.Encode("amount");
    private static readonly JsonEncodedText Currency = JsonEncodedText.Encode("currency");

    public override Money Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new InvalidMoneyException(MoneyErrors.Malformed);

        string? amount = null, currency = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAmount = reader.ValueTextEquals(Amount.EncodedUtf8Bytes);
            if ((!isAmount && !reader.ValueTextEquals(Currency.EncodedUtf8Bytes)) || (isAmount ? amount : currency) is not null)
                throw new InvalidMoneyException(MoneyErrors.Malformed);
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                throw new InvalidMoneyException(MoneyErrors.Malformed);
            if (isAmount)
                amount = reader.GetString();
            else
                currency = reader.GetString();
        }

        if (amount is null || currency is null)
            throw new InvalidMoneyException(MoneyErrors.Malformed);
        if (Domain.Currencies.Currency.Find(currency) is not { } known)
            throw new InvalidMoneyException(MoneyErrors.UnknownCurrency);
        var money = Money.Parse(amount, known);
        return money.Error is { } refusal ? throw new InvalidMoneyException(refusal) : money.Value;
    }

    public override void Write(Utf8JsonWriter writer, Money value, JsonSerializerOptions options)
    {
        Span<char> digits = stackalloc char[40];
        writer.WriteStartObject();
        value.Amount.TryFormat(digits, out var length, provider: System.Globalization.CultureInfo.InvariantCulture);
        writer.WriteString(Amount, digits[..length]);
        writer.WriteString(Currency, value.Currency.Code);
        writer.WriteEndObject();
    }
}

/// <summary>An amount of money in JSON that is not valid.</summary>
public sealed class InvalidMoneyException(Error error) : JsonException(error?.Message)
{
    public Error Error { get; } = error!;
}
