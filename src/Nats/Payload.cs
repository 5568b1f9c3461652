using System.Text;

namespace Portico.Nats;

/// <summary>Turns the bytes of a message into what the caller works with, and back.</summary>
internal static class Payload
{
    public static T? To<T>(ReadOnlyMemory<byte> bytes) => typeof(T) switch
    {
        var type when type == typeof(ReadOnlyMemory<byte>) => (T)(object)bytes,
        var type when type == typeof(byte[]) => (T)(object)bytes.ToArray(),
        var type when type == typeof(string) => (T)(object)Encoding.UTF8.GetString(bytes.Span),
        _ => throw Unknown(typeof(T)),
    };

    public static ReadOnlyMemory<byte> Of<T>(T data) => data switch
    {
        null => ReadOnlyMemory<byte>.Empty,
        ReadOnlyMemory<byte> bytes => bytes,
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(text),
        _ => throw Unknown(typeof(T)),
    };

    private static NotSupportedException Unknown(Type type) => new($"Messages are byte[], ReadOnlyMemory<byte> or string, not {type.Name}.");
}
