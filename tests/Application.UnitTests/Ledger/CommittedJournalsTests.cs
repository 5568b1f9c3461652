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
        Assert.Equal(journals.Select(journal => journal.Id), Ids(Assert.Single(committed.Take())));
        Assert.Empty(committed.Take());
    }

    [Fact]
    public void Drops_all_before_it_has_more_than_its_capacity()
    {
        var committed = new CommittedJournals(new HashChainSettings());
        var last = Journals(2);

        committed.Add(Journals(CommittedJournals.Capacity - 1), []);
        committed.Add(last, []);
        Assert.Equal(last.Select(journal => journal.Id), Ids(Assert.Single(committed.Take())));

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

    [Fact]
    public void Postings_in_another_order_than_their_journals_are_refused()
    {
        var journals = Journals(2);
        Posting Of(Journal journal) => new(
            journal.SourceId, 1, journal.Id, journal.Amount, journal.Amount, journal.Amount, journal.RecordedAt);

        Assert.Throws<ArgumentException>(() =>
            new CommittedJournals(new HashChainSettings()).Add(journals, [Of(journals[1]), Of(journals[0])]));
    }

    [Fact]
    public void The_fields_of_a_group_end_with_its_last_journal()
    {
        var group = CommittedGroup.Of(new FieldWriter(), Journals(2), []);

        group.RemoveOne();
        Assert.NotEqual(0, group.Fields(1).Journal.Length);

        group.RemoveOne();
        Assert.Throws<ObjectDisposedException>(() => group.Fields(1).Journal.Length);
    }

    private static IEnumerable<Guid> Ids(CommittedGroup group) => Enumerable.Range(0, group.Count).Select(group.JournalId);

    private static Journal[] Journals(int count) => [.. Enumerable.Range(0, count).Select(_ =>
        new Journal
        {
            Id = Guid.CreateVersion7(),
            Kind = JournalKind.Transfer,
            SourceId = Guid.CreateVersion7(),
            DestinationId = Guid.CreateVersion7(),
            Amount = Money.OfMinorUnits(1, Currency.Of("EUR")),
            RecordedAt = DateTimeOffset.UnixEpoch,
        })];
}
