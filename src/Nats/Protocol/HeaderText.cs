using System.Buffers;
using System.Globalization;
using System.Text;

namespace Portico.Nats.Protocol;

/// <summary>Headers as they stand on the wire (NATS ADR-4).</summary>
internal static class HeaderText
{
    private static ReadOnlySpan<byte> Version => "NATS/1.0"u8;

    /// <exception cref="NatsProtocolViolationException">It is not the form of headers.</exception>
    public static NatsHeaders Read(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith(Version) || !text.EndsWith("\r\n\r\n"u8))
            throw new NatsProtocolViolationException("The server sent headers that are none.");

        var end = text.IndexOf("\r\n"u8);
        var headers = Status(text[Version.Length..end]);
        text = text[(end + 2)..];
        while ((end = text.IndexOf("\r\n"u8)) > 0)
        {
            var line = text[..end];
            var colon = line.IndexOf((byte)':');
            if (colon < 1)
                throw new NatsProtocolViolationException("The server sent a header without a name.");
            headers.Append(Encoding.UTF8.GetString(line[..colon]), Encoding.UTF8.GetString(line[(colon + 1)..].Trim((byte)' ')));
            text = text[(end + 2)..];
        }

        return headers;
    }

    public static byte[] Write(NatsHeaders headers)
    {
        var text = new StringBuilder("NATS/1.0\r\n");
        foreach (var (key, values) in headers)
        {
            foreach (var value in values)
                text.Append(key).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(text.Append("\r\n").ToString());
    }

    // " 503" or " 409 Consumer Deleted"
    private static NatsHeaders Status(ReadOnlySpan<byte> rest)
    {
        var text = Encoding.UTF8.GetString(rest).Trim();
        if (text.Length == 0)
            return new NatsHeaders();

        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var code = space < 0 ? text : text[..space];
        return int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new NatsHeaders { Code = number, MessageText = space < 0 ? "" : text[(space + 1)..].Trim() }
            : throw new NatsProtocolViolationException("The server sent a status that is no number.");
    }
}
