using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Portico.WebApi.Http;

namespace Portico.WebApi.Pages;

/// <summary>A page of several files, kept in memory, whose script reads the rest of the path.</summary>
/// <remarks>
/// Files in <c>assets</c> have a hash of their content in their name, and browsers keep them for a year. All other files are asked for
/// again with each visit. An address without a file extension is answered with the page.
/// </remarks>
internal sealed class BuiltPage
{
    public const string Index = "index.html";

    private const string Assets = "/assets/";
    private const int MaxFiles = 200;
    private const long MaxBytes = 8 * 1024 * 1024;

    private static readonly FileExtensionContentTypeProvider Types = new();

    private readonly FrozenDictionary<string, PageFile> _files;

    private BuiltPage(FrozenDictionary<string, PageFile> files) => _files = files;

    /// <summary>Reads the files of a folder; <c>null</c> when it has no page.</summary>
    /// <exception cref="InvalidDataException">The folder is too large to be a built page.</exception>
    public static BuiltPage? Read(string folder)
    {
        if (!File.Exists(Path.Combine(folder, Index)))
            return null;
        var found = new DirectoryInfo(folder).GetFiles("*", SearchOption.AllDirectories);
        if (found.Length > MaxFiles || found.Sum(file => file.Length) > MaxBytes)
            throw new InvalidDataException($"{folder} has more than {MaxFiles} files or {MaxBytes} bytes: it is no built page.");
        return new BuiltPage(found.ToFrozenDictionary(
            file => "/" + Path.GetRelativePath(folder, file.FullName).Replace('\\', '/'), PageFile.Read, StringComparer.Ordinal));
    }

    public async Task AnswerAsync(HttpContext context, string path)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await context.Refuse(HttpErrors.MethodNotAllowed);
            return;
        }

        if (!_files.TryGetValue(path, out var file) && (Path.HasExtension(path) || !_files.TryGetValue("/" + Index, out file)))
        {
            await context.Refuse(HttpErrors.NotFound);
            return;
        }

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = PagePolicy.OfFiles;
        headers.CacheControl = path.StartsWith(Assets, StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
        headers.ETag = file.Tag;
        headers.Vary = HeaderNames.AcceptEncoding;
        if (request.Headers.IfNoneMatch.Contains(file.Tag, StringComparer.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var body = file.Bytes;
        if (file.Compressed is not null && AcceptsGzip(request.Headers.AcceptEncoding))
        {
            headers.ContentEncoding = "gzip";
            body = file.Compressed;
        }

        context.Response.ContentType = file.Type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static bool AcceptsGzip(StringValues header) =>
        StringWithQualityHeaderValue.TryParseList(header, out var encodings) &&
        encodings.Any(encoding => encoding.Quality is not 0 && encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase));

    private sealed record PageFile(byte[] Bytes, byte[]? Compressed, string Type, string Tag)
    {
        public static PageFile Read(FileInfo file)
        {
            var bytes = File.ReadAllBytes(file.FullName);
            var type = Types.TryGetContentType(file.Name, out var known) ? known : "application/octet-stream";
            if (type.StartsWith("text/", StringComparison.Ordinal))
                type += "; charset=utf-8";
            // Weak, because the compressed and the plain bytes share it.
            return new PageFile(bytes, Compress(bytes), type, $"W/\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
        }

        // Without a gain, as for images, there is none.
        private static byte[]? Compress(byte[] bytes)
        {
            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
                gzip.Write(bytes);
            return compressed.Length < bytes.Length ? compressed.ToArray() : null;
        }
    }
}
