using System.Text;
using Portico.Domain.Currencies;

namespace Portico.Domain.Ledger;

/// <summary>The system's own accounts, of each kind one for each currency: nothing enters or leaves without its counterpart.</summary>
/// <remarks>Their ids are made of kind and currency (UUID v8, RFC 9562), so that nobody needs to look them up.</remarks>
public static class SystemAccounts
{
    private static readonly AccountKind[] Kinds = [AccountKind.Cash, AccountKind.Liquidity, AccountKind.Fees, AccountKind.Rounding];

    /// <summary>Every one of them, empty.</summary>
    public static IEnumerable<Account> All(DateTimeOffset now) => Currency.All.SelectMany(_ => Kinds, (currency, kind) => Account.OfSystem(kind, currency, now));

    /// <summary>Whether an id is one of these; those of wallets are of version 7.</summary>
    public static bool Has(Guid id) => id.Version == 8;

    public static Guid IdOf(AccountKind kind, Currency currency)
    {
        if (!Kinds.Contains(kind))
            throw new ArgumentException($"{kind} is no account of the system.", nameof(kind));

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        bytes[5] = (byte)kind;
        (bytes[6], bytes[8]) = (0x80, 0x80);
        Encoding.ASCII.GetBytes(currency.Code, bytes[9..]);
        return new Guid(bytes, bigEndian: true);
    }
}
