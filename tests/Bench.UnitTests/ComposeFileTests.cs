using Portico.Bench.Load;

namespace Portico.Bench.UnitTests;

public sealed class ComposeFileTests
{
    [Fact]
    public void Gives_the_settings_of_PostgreSQL()
    {
        var settings = ComposeFile.ReadPostgresSettings();

        Assert.Contains("synchronous_commit=on", settings);
        Assert.All(settings, setting => Assert.Matches("^[a-z_]+=.+$", setting));
    }
}
