using Microsoft.Extensions.Configuration;
using Portico.Infrastructure.Configuration;

namespace Portico.Application.UnitTests.Configuration;

public sealed class SecretFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portico-secrets-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Reads_a_setting_from_the_file_that_it_names()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "Sessions__Key"), "secret\n");

        var configuration = Configure(_folder.FullName, ("Sessions:Key", "from elsewhere"));

        Assert.Equal("secret", configuration["Sessions:Key"]);
    }

    [Theory]
    [InlineData("/nowhere/at/all")]
    [InlineData("relative")]
    public void Names_the_setting_whose_folder_is_missing(string folder)
    {
        var failure = Assert.Throws<DirectoryNotFoundException>(() => Configure(folder));

        Assert.Contains("Secrets:Folder", failure.Message, StringComparison.Ordinal);
        Assert.Contains(folder, failure.Message, StringComparison.Ordinal);
    }

    private static IConfigurationRoot Configure(string folder, params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(
            settings.Append((Name: SecretFiles.FolderKey, Value: folder))
                .Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value)))
        .AddSecretFiles()
        .Build();
}
