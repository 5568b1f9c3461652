using System.Collections.Frozen;
using NodaTime;

namespace Portico.Application.Users;

/// <summary>The names of the IANA time zone database; the database comes with the program, not from the system.</summary>
internal static class TimeZones
{
    private static readonly FrozenSet<string> Names = DateTimeZoneProviders.Tzdb.Ids.ToFrozenSet(StringComparer.Ordinal);

    public static bool IsKnown(string name) => Names.Contains(name);
}
