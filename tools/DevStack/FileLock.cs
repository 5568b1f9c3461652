namespace Portico.DevStack;

internal static class FileLock
{
    /// <summary>Locks a file until the stream is closed; on Linux this is <c>flock(LOCK_EX)</c>.</summary>
    /// <returns><c>null</c> while another process has the lock.</returns>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
