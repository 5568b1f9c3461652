using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.HashChain;

namespace Portico.Application.UnitTests.Ledger;

public sealed class CommittedJournalsTests
{
    [Fact]
    public async Task Gives_each_group_once_and_wakes_the_sealing()
    {
        var committed = new CommittedJournals(new HashChainSettings());
        var journals = Journals(2);

        committed.Add(journals, []);

        await committed.WaitAsync(CancellationToken.None);
        Assert.Same(journals, Assert.Single(committed.Take()).Journals);
        Assert.Empty(committed.Take());
    }

    [Fact]
    public void Drops_all_before_it_has_more_than_its_capacity()
    {
        var committed = new CommittedJournals(new HashChainSettings());
        var last = Journals(2);

        committed.Add(Journals(CommittedJournals.Capacity - 1), []);
        committed.Add(last, []);
        Assert.Same(last, Assert.Single(committed.Take()).Journals);

        committed.Add(Journals(CommittedJournals.Capacity + 1), []);
        Assert.Empty(committed.Take());
    }

    [Fact]
    public void Keeps_nothing_when_this_process_does_not_seal()
    {
        var committed = new CommittedJournals(new HashChainSettings { SealInterval = TimeSpan.Zero });

        committed.Add(Journals(1), []);

        Assert.Empty(committed.Take());
    }

    private static Journal[] Journals(int count) => [.. Enumerable.Repeat(
        new Journal
        {
            Id = Guid.CreateVersion7(),
            Kind = JournalKind.Transfer,
            SourceId = Guid.CreateVersion7(),
            DestinationId = Guid.CreateVersion7(),
            Amount = Money.OfMinorUnits(1, Currency.Of("EUR")),
            RecordedAt = DateTimeOffset.UnixEpoch,
        },
        count)];
}
