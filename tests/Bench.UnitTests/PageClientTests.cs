using System.Text;
using Portico.Bench.Dashboard;

namespace Portico.Bench.UnitTests;

/// <summary>What the load on the dashboard reads from a page.</summary>
public sealed class PageClientTests
{
    private const string Good =
        """
        {"first":{"name":"first","values":[1]},"second":{"name":"second","values":[1]},"third":null,
        "parts":{"first":{"status":"ok","durationMs":5.1,"code":null},"second":{"status":"ok","durationMs":13.2,"code":null}},"errors":[]}
        """;

    private static readonly string Late =
        Good.Replace("\"errors\":[]", "\"errors\":[{\"code\":\"part_timeout\"}]", StringComparison.Ordinal);

    [Fact]
    public void Knows_the_time_of_the_slowest_part()
    {
        var client = new PageClient([], goodParts: 2);

        Assert.True(Take(client, Good));
        Assert.Equal(13.2, client.WaitedMs);
        Assert.False(Take(client, "{}", status: 503));
        Assert.Equal(0, client.WaitedMs);
    }

    [Fact]
    public void Hopes_for_the_good_parts_and_for_no_other_fault_than_the_deadline()
    {
        Assert.False(Take(new PageClient([], goodParts: 3), Good));
        Assert.False(Take(new PageClient([], goodParts: 2), Late));
        Assert.True(Take(new PageClient([], goodParts: 2, isLate: true), Late));
        Assert.False(Take(new PageClient([], goodParts: 2, isLate: true), Good));
    }

    private static bool Take(PageClient client, string page, int status = 200) => client.Take(status, Encoding.UTF8.GetBytes(page));
}
