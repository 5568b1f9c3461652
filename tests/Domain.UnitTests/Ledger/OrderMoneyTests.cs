using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Orders;

namespace Portico.Domain.UnitTests.Ledger;

public sealed class OrderMoneyTests
{
    private static readonly Currency Euro = Currency.Of("EUR");
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 10, 0, 0, TimeSpan.Zero);
    private static readonly Guid Owner = Guid.CreateVersion7();
    private static readonly Guid Wallet = Guid.CreateVersion7();
    private static readonly Guid Order = Guid.CreateVersion7();
    private static readonly Guid Sales = SystemAccounts.IdOf(AccountKind.Sales, Euro);

    [Fact]
    public void Only_an_instruction_of_an_order_holds_money_for_sales() => Assert.Equal(
        ["not_found", null], Errors(Hold() with { IsOfOrder = false }, Hold()));

    [Fact]
    public void An_order_holds_money_for_sales_alone() => Assert.Equal(
        ["not_found"], Errors(Hold() with { DestinationId = Guid.CreateVersion7() }));

    [Fact]
    public void Nobody_else_ends_the_hold_of_an_order_or_takes_its_money_back()
    {
        var hold = OrderIds.HoldOf(Order);
        var capture = new Capture(hold, null) { Id = OrderIds.CaptureOf(Order), By = Owner };
        var release = new Release(hold, Expired: false) { Id = OrderIds.ReleaseOf(Order), By = Owner };
        var reversal = new Reversal(capture.Id, null, null) { Id = OrderIds.ReturnOf(Order, Owner) };

        Assert.Equal(
            [null, "order_money", "order_money", null, "order_money", null],
            Errors(Hold(), capture, release, capture with { IsOfOrder = true }, reversal, reversal with { IsOfOrder = true }));
    }

    [Fact]
    public void A_hold_of_an_order_expires_like_any_other() => Assert.Equal(
        [null, null],
        Errors(
            Hold(), new Release(OrderIds.HoldOf(Order), Expired: true) { Id = Guid.CreateVersion7(), At = Now + TimeSpan.FromDays(2) }));

    [Fact]
    public void The_ids_of_an_order_are_its_own_and_sort_by_its_time()
    {
        Guid[] ids =
        [
            OrderIds.HoldOf(Order), OrderIds.CaptureOf(Order), OrderIds.ReleaseOf(Order), OrderIds.ReturnOf(Order, Owner),
            OrderIds.ReturnOf(Order, Wallet), OrderIds.HoldOf(Owner),
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Equal((7, 8), (id.Version, id.Variant & 0xC)));
        Assert.Equal($"{Order}"[..13], $"{ids[0]}"[..13]);
        Assert.Equal(ids[0], OrderIds.HoldOf(Order));
    }

    private static Reservation Hold() => new(Wallet, Sales, Money.Of(10m, Euro), Now + TimeSpan.FromDays(1), "Order")
    {
        Id = OrderIds.HoldOf(Order),
        By = Owner,
        IsOfOrder = true,
    };

    private static IEnumerable<string?> Errors(params Instruction[] instructions)
    {
        var wallet = Account.OfWallet(Wallet, Owner, Euro, Now) with { Posted = Money.Of(100m, Euro) };
        var state = new LedgerState
        {
            Accounts = new[] { wallet, Account.OfSystem(AccountKind.Sales, Euro, Now) }.ToDictionary(account => account.Id),
        };
        return [.. LedgerBook.Decide(state, instructions, Now).Results.Select(result => result.Error?.Code)];
    }
}
