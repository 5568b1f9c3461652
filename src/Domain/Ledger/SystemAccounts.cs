using System.Collections.Frozen;
using System.Text;
using Portico.Domain.Currencies;

namespace Portico.Domain.Ledger;

/// <summary>The system accounts, one of each kind in each currency; money enters and leaves the ledger only through them.</summary>
/// <remarks>The id is a UUID v8 (RFC 9562) built from kind and currency, so no program has to look it up.</remarks>
public static class SystemAccounts
{
    private static readonly AccountKind[] Kinds =
    [
        AccountKind.Cash, AccountKind.Liquidity, AccountKind.Fees, AccountKind.Rounding, AccountKind.Sales,
        AccountKind.StripeClearing, AccountKind.YookassaClearing, AccountKind.ProviderFees, AccountKind.Suspense,
    ];

    private static readonly FrozenDictionary<(AccountKind Kind, string Currency), Guid> Ids = Currency.All
        .SelectMany(_ => Kinds, (currency, kind) => (kind, currency.Code))
        .ToFrozenDictionary(account => account, account => MakeId(account.kind, account.Code));

    private static readonly FrozenSet<Guid> AllIds = Ids.Values.ToFrozenSet();

    /// <summary>All system accounts, with a balance of 0.</summary>
    public static IEnumerable<Account> All(DateTimeOffset now) =>
        Currency.All.SelectMany(_ => Kinds, (currency, kind) => Account.OfSystem(kind, currency, now));

    /// <summary>Whether the id is the id of a system account; every other account is a wallet.</summary>
    public static bool Contains(Guid id) => AllIds.Contains(id);

    /// <summary>Whether an account of this kind is the counterpart of payments at a provider.</summary>
    public static bool IsClearing(AccountKind kind) => kind is AccountKind.StripeClearing or AccountKind.YookassaClearing;

    /// <exception cref="ArgumentException">The system has no account of this kind.</exception>
    public static Guid IdOf(AccountKind kind, Currency currency) => Ids.TryGetValue((kind, currency.Code), out var id)
        ? id
        : throw new ArgumentException($"The system has no account of the kind {kind} in {currency.Code}.", nameof(kind));

    private static Guid MakeId(AccountKind kind, string currency)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        bytes[5] = (byte)kind;
        (bytes[6], bytes[8]) = (0x80, 0x80);
        Encoding.ASCII.GetBytes(currency, bytes[9..]);
        return new Guid(bytes, bigEndian: true);
    }
}
