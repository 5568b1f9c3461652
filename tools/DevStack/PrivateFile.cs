namespace Portico.DevStack;

/// <summary>Files that only their owner reads, there as a whole or not at all.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static async Task WriteAsync(string path, string content, CancellationToken cancellationToken)
    {
        var unfinished = $"{path}.new";
        File.Delete(unfinished);
        await using (
            var writer = new StreamWriter(
                unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Owner }))
            await writer.WriteLineAsync(content.AsMemory(), cancellationToken);
        File.Move(unfinished, path, overwrite: true);
    }
}
