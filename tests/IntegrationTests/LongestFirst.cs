using Portico.IntegrationTests;
using Portico.IntegrationTests.Access;
using Portico.IntegrationTests.Auth;
using Portico.IntegrationTests.Console;
using Portico.IntegrationTests.Cookies;
using Portico.IntegrationTests.Events;
using Portico.IntegrationTests.Faults;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Migrations;
using Portico.IntegrationTests.Notifications;
using Portico.IntegrationTests.Payments;
using Portico.IntegrationTests.QueryCache;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Portico.IntegrationTests.LongestFirst", "Portico.IntegrationTests")]

namespace Portico.IntegrationTests;

/// <summary>Starts the collections that take longest first: one that started last would run alone, with the other processor idle.</summary>
/// <remarks>All others stay in xUnit's random order.</remarks>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        ConsoleWorld.Tests.Name,
        Of<AccessMatrixTests>(),
        MigratorCluster.Tests.Name,
        CookieWorld.Tests.Name,
        Of<SettlementTests>(),
        Of<StaleReadTests>(),
        Of<OutageTests>(),
        Of<NotificationDeliveryTests>(),
        PaymentWorld.Tests.Name,
        Of<EventConsumersTests>(),
        Of<OwnershipTests>(),
        Of<CodeLimitsTests>(),
        Of<SmtpChannelTests>(),
        Of<RedisFaultTests>(),
        Of<RedisFailoverTests>(),
    ];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(
            collection => Array.IndexOf(Longest, collection.DisplayName) is >= 0 and var place ? place : Longest.Length);

    // As xUnit names the collection of a class that is in no other.
    private static string Of<TTests>() => $"Test collection for {typeof(TTests).FullName}";
}
