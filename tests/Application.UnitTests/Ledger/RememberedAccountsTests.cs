using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Ledger;

namespace Portico.Application.UnitTests.Ledger;

public sealed class RememberedAccountsTests
{
    private static readonly DateTimeOffset Read = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualClock _clock = new(Read);
    private readonly RememberedAccounts _accounts;

    public RememberedAccountsTests()
    {
        _accounts = new RememberedAccounts(capacity: 3, _clock);
        _accounts.SetTime(Read);
    }

    [Fact]
    public void Finds_accounts_with_the_time_of_the_database_in_whole_microseconds()
    {
        var (first, second) = (Account(), Account());
        _accounts.Add([first, second]);
        _clock.Now += TimeSpan.FromTicks(12_345);

        var (state, now) = _accounts.Find([first.Id, second.Id])!.Value;

        Assert.Equal([first, second], [state.Accounts[first.Id], state.Accounts[second.Id]]);
        Assert.Equal(Read.AddTicks(12_340), now);
    }

    [Fact]
    public void Finds_none_when_one_is_missing()
    {
        var account = Account();
        _accounts.Add([account]);

        Assert.Null(_accounts.Find([account.Id, Guid.NewGuid()]));
    }

    [Fact]
    public void Finds_none_when_the_time_was_read_long_ago()
    {
        var account = Account();
        _accounts.Add([account]);
        _clock.Now += TimeSpan.FromSeconds(10);
        Assert.NotNull(_accounts.Find([account.Id]));
        _clock.Now += TimeSpan.FromTicks(1);

        Assert.Null(_accounts.Find([account.Id]));
    }

    [Fact]
    public void Forgets_an_account_that_is_closed_or_limited()
    {
        var (closed, limited) = (Account(), Account());
        _accounts.Add([closed, limited]);
        _accounts.Add([closed with { Status = AccountStatus.Closed }, limited with { IsLimited = true }]);

        Assert.Null(_accounts.Find([closed.Id]));
        Assert.Null(_accounts.Find([limited.Id]));
    }

    [Fact]
    public void Never_has_more_than_its_capacity()
    {
        Account[] first = [Account(), Account()];
        Account[] next = [Account(), Account(), Account(), Account()];
        _accounts.Add(first);
        _accounts.Add(next);

        Assert.Equal(3, first.Concat(next).Count(account => _accounts.Find([account.Id]) is not null));
        Assert.DoesNotContain(first, account => _accounts.Find([account.Id]) is not null);
    }

    private static Account Account() =>
        Domain.Ledger.Account.OfWallet(Guid.CreateVersion7(), Guid.CreateVersion7(), Currency.Of("EUR"), Read);
}
