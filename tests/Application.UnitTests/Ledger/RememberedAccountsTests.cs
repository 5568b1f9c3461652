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
    public void Finds_no_account_that_was_closed_or_limited_and_says_that_reading_it_is_in_vain()
    {
        var (closed, limited, open) = (Account(), Account(), Account());
        _accounts.Add([closed, limited, open]);
        _accounts.Add([closed with { Status = AccountStatus.Closed }, limited with { IsLimited = true }]);

        Assert.All([closed.Id, limited.Id], id =>
        {
            Assert.Null(_accounts.Find([open.Id, id]));
            Assert.Null(_accounts.Unknown([Guid.NewGuid(), id]));
        });

        _accounts.Add([closed, limited]);
        Assert.NotNull(_accounts.Find([closed.Id, limited.Id, open.Id]));
    }

    [Fact]
    public void Says_which_accounts_must_be_read()
    {
        var (known, unknown) = (Account(), Guid.NewGuid());
        _accounts.Add([known]);

        Assert.Equal([unknown], _accounts.Unknown([known.Id, unknown]));
        Assert.Empty(_accounts.Unknown([known.Id])!);
    }

    [Fact]
    public void Finds_none_before_the_time_was_read()
    {
        var account = Account();
        var accounts = new RememberedAccounts(capacity: 3, _clock);
        accounts.Add([account]);
        Assert.Null(accounts.Find([account.Id]));

        accounts.SetTime(Read);
        Assert.NotNull(accounts.Find([account.Id]));
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
