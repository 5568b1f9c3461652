namespace Portico.DevStack;

/// <summary>Writes files that only their owner can read; a file is complete or does not exist.</summary>
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
