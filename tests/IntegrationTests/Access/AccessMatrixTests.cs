using System.Globalization;

namespace Portico.IntegrationTests.Access;

/// <summary>Every operation of the API against the table in <c>docs/api/access.md</c>: rank, ownership, status of the account.</summary>
public sealed class AccessMatrixTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    public static TheoryData<string, Whose> Rows()
    {
        var rows = new TheoryData<string, Whose>();
        foreach (var row in AccessTable.Rows)
            rows.Add(row.Operation, row.Whose);
        return rows;
    }

    [Fact]
    public void Every_operation_has_its_rows_and_every_row_its_operation()
    {
        Assert.True(world.Operations.Count > 20, "Is the description of the API empty?");
        var expected = world.Operations.Keys.SelectMany(operation => IsOwned(operation)
            ? [$"{operation} {Whose.Own}", $"{operation} {Whose.Others}"]
            : (string[])[$"{operation} {Whose.Nobodys}"]);

        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            AccessTable.Rows.Select(row => $"{row.Operation} {row.Whose}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Answers_each_caller_as_the_table_says(string operation, Whose whose)
    {
        var row = AccessTable.Find(operation, whose);
        List<string> wrong = [];
        foreach (var (column, expected) in row.Statuses)
        {
            foreach (var (role, userStatus) in AccessWorld.Callers(column))
            {
                var status = await world.Try(row, role, userStatus, changes: expected < 400);
                if (status != expected)
                    wrong.Add(
                        string.Create(
                            CultureInfo.InvariantCulture, $"{role?.ToString() ?? "nobody"}, {userStatus}: {status} instead of {expected}"));
            }
        }

        Assert.Empty(wrong);
    }

    // By the path; or by the body, where the table says so.
    private static bool IsOwned(string operation) =>
        AccessWorld.IsOwned(operation) || AccessTable.Rows.Any(row => row.Operation == operation && row.Whose != Whose.Nobodys);
}
