namespace Portico.DevStack;

/// <summary>A file that identifies a process, so that a later program can stop exactly this process.</summary>
internal static class PidFile
{
    public static void Write(string path, int processId) => File.WriteAllText(path, Posix.Identity(processId) ?? "");

    /// <returns>The id of the process if it still runs.</returns>
    public static int? Read(string path)
    {
        string identity;
        try
        {
            identity = File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            return null;
        }

        return int.TryParse(identity.Split(' ')[0], out var processId) && Posix.IsAlive(processId) && Posix.Identity(processId) == identity
            ? processId
            : null;
    }
}
