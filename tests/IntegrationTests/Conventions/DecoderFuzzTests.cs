using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Portico.Application.Characters;
using Portico.Application.Common;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Records;
using Portico.Application.Events;
using Portico.Infrastructure.Sessions;
using Portico.Testing;
using Portico.WebApi.Http;

namespace Portico.IntegrationTests.Conventions;

/// <summary>Whatever a decoder accepts, its encoder writes in the same way; it never throws, and never gives U+0000.</summary>
[Trait("Category", Campaign.Category)]
public sealed class DecoderFuzzTests
{
    private const int TextsEach = 500;
    private static readonly string[] Bits =
        ["=", " ", "\n", "\0", "+", "/", "A", "F", "_", "-", "é", "\ud800", "😀", "\"", "\\u0000", "%00", "W/", ","];

    [Fact]
    public Task Base64url_round_trips() => Fuzz(bytes => Base64Url.EncodeToString(bytes), (text, _) =>
    {
        if (StrictBase64Url.TryDecode(text, out var bytes))
            Assert.Equal(text, Base64Url.EncodeToString(bytes));
    });

    [Fact]
    public Task A_cursor_round_trips() => Fuzz(
        bytes => (bytes[0] % 4) switch
        {
            0 => Cursor.Write(new RankPosition(bytes[1], Guid.Empty, 1, 1 + bytes[1])),
            1 => Cursor.Write(new EventRankPosition(bytes[1], DateTimeOffset.UnixEpoch, Guid.Empty, 1)),
            2 => Cursor.Write(new SortedPosition("Character", "name", Cursor.WriteValue($"{(char)bytes[1]}\0"), Guid.Empty)),
            _ => Base64Url.EncodeToString(
            [
                .. """{"v":1,"l":"SortedPosition","p":{"List":"Character","Sort":"name","Value":"""u8, (byte)'"', .. bytes, (byte)'"',
                .. ""","Id":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd"}}"""u8,
            ]),
        },
        (text, _) =>
        {
            if (Cursor.TryRead<RankPosition>(text, out var rank))
                Assert.Equal((text, true), (Cursor.Write(rank), rank.Place < int.MaxValue - IPaged.MaxLimit + 1));
            if (Cursor.TryRead<EventRankPosition>(text, out var eventRank))
                Assert.Equal((text, TimeSpan.Zero), (Cursor.Write(eventRank), eventRank.DecidedAt.Offset));
            if (!Cursor.TryRead<SortedPosition>(text, out var sorted))
                return;
            Assert.Equal(text, Cursor.Write(sorted));
            if (Cursor.TryReadValue<string>(sorted.Value, out var value))
                Assert.DoesNotContain('\0', value);
        });

    [Fact]
    public Task A_list_accepts_a_cursor_or_refuses_it() => Fuzz(
        bytes => Cursor.Write(new SortedPosition("Character", "name", Cursor.WriteValue(Convert.ToBase64String(bytes)), Guid.Empty)),
        (text, _) => ListCharacters.Sorts.Accepts("name", text));

    [Fact]
    public Task A_version_round_trips() => Fuzz(bytes => RecordVersion.Write(BitConverter.ToInt64(bytes)), (text, _) =>
    {
        if (RecordVersion.TryRead(text, out var version))
            Assert.Equal(text, RecordVersion.Write(version));
    });

    [Fact]
    public async Task A_refresh_token_round_trips()
    {
        var tokens = new RefreshTokens(new SessionSettings { Key = Convert.ToBase64String(new byte[32]) });
        await Fuzz(bytes => tokens.Write(new RefreshToken(new Guid(bytes.AsSpan(0, 16)), Guid.Empty, bytes[17])), (text, original) =>
        {
            if (tokens.Read(text) is { } token)
                Assert.Equal((text, original), (tokens.Write(token), text));
        });
    }

    [Fact]
    public Task A_tag_header_gives_versions_or_nothing() => Fuzz(
        bytes => $"\"{RecordVersion.Write(BitConverter.ToInt64(bytes))}\", W/\"{RecordVersion.Write(bytes[0])}\"",
        (text, _) => Bind(new IfMatchBinder(), typeof(IfMatch), context => context.Request.Headers.IfMatch = text));

    [Fact]
    public Task Any_list_of_a_header_is_read_or_ignored() => Fuzz(
        bytes => $"text/csv; charset=\"utf-{bytes[0]}\"; q=0.{bytes[1]}, en-US;q={bytes[2]}, */*, W/\"{bytes[3]}\"",
        (text, _) =>
        {
            var http = new DefaultHttpContext { Request = { Headers = { Accept = text, AcceptLanguage = text, IfNoneMatch = text } } };
            EntityTags.Match(text, "1");
            Assert.NotNull(new HttpRequestClient(new HttpContextAccessor { HttpContext = http }).Locale);
            new AcceptFilter().OnResourceExecuting(new(
                new(http, new(), new Microsoft.AspNetCore.Mvc.Abstractions.ActionDescriptor { EndpointMetadata = [] }), [], []));
        });

    [Fact]
    public Task A_query_value_round_trips() => Fuzz(
        bytes => (bytes[0] % 4) switch
        {
            0 => $"{BitConverter.ToInt32(bytes)}",
            1 => $"{new Guid(bytes.AsSpan(0, 16))}",
            2 => "2026-11-21T10:00:00.123Z",
            _ => Encoding.UTF8.GetString(bytes),
        },
        (text, _) =>
        {
            if (Bind(new QueryValueBinder(), typeof(int), text) is int number)
                Assert.Equal(text, $"{number}");
            if (Bind(new QueryValueBinder(), typeof(string), text) is string read)
                Assert.Equal((text, false), (read, read.Contains('\0', StringComparison.Ordinal)));
            Bind(new QueryValueBinder(), typeof(Guid), text);
            Bind(new QueryValueBinder(), typeof(DateTimeOffset), text);
            Bind(new QueryValueBinder(), typeof(bool), text);
        });

    [Fact]
    public Task Json_is_read_or_its_fields_are_named() => Fuzz(
        bytes => $$"""{"displayName":"{{Convert.ToBase64String(bytes)}}","level":{{bytes[0]}},"parts":[{"name":"\u{{bytes[1]:x4}}"}]}""",
        (text, _) =>
        {
            // A surrogate that stands alone becomes a byte that is not UTF-8.
            var json = Encoding.Latin1.GetBytes(text);
            try
            {
                var read = JsonSerializer.Deserialize<SendProbe>(json, ApiJson.Options);
                Assert.DoesNotContain('\0', read?.DisplayName ?? "");
            }
            catch (JsonException failure)
            {
                var error = JsonBodyDiagnosis.Explain(json, typeof(SendProbe), ApiJson.Options, failure);
                Assert.Equal(400, error.Status);
                Assert.NotEmpty(error.Fields!);
            }
        });

    private static object? Bind(IModelBinder binder, Type type, string text) => Bind(
        binder, type, context => context.Request.Query = new QueryCollection(
            new Dictionary<string, Microsoft.Extensions.Primitives.StringValues>(StringComparer.Ordinal) { ["value"] = text }));

    private static object? Bind(IModelBinder binder, Type type, Action<HttpContext> prepare)
    {
        var http = new DefaultHttpContext();
        prepare(http);
        var context = new DefaultModelBindingContext
        {
            ActionContext = new Microsoft.AspNetCore.Mvc.ActionContext { HttpContext = http },
            ModelName = "value",
            ModelMetadata = new EmptyModelMetadataProvider().GetMetadataForType(type),
            ModelState = new ModelStateDictionary(),
            ValueProvider = new QueryStringValueProvider(BindingSource.Query, http.Request.Query, CultureInfo.InvariantCulture),
        };
        Assert.True(binder.BindModelAsync(context).IsCompletedSuccessfully);
        return context.Result.Model;
    }

    /// <summary>Tries what an encoder writes, the same with small changes, and random text.</summary>
    private static Task Fuzz(Func<byte[], string> encode, Action<string, string> check) => Campaign.Run(runsInSuite: 1, seed =>
    {
        var random = new Random(seed);
        for (var n = 0; n < TextsEach; n++)
        {
            var bytes = new byte[24];
            random.NextBytes(bytes);
            var text = encode(bytes);
            check(text, text);
            check(Changed(text, random), text);
            check(string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Bits[random.Next(Bits.Length)])), text);
        }

        return Task.CompletedTask;
    });

    private static string Changed(string text, Random random)
    {
        for (var times = random.Next(1, 3); times > 0; times--)
        {
            var at = random.Next(text.Length + 1);
            text = random.Next(4) switch
            {
                0 => text.Insert(at, Bits[random.Next(Bits.Length)]),
                1 => text[..at],
                2 when at < text.Length => text.Remove(at, 1),
                _ when at < text.Length => text.Remove(at, 1).Insert(at, $"{(char)random.Next(' ', '~')}"),
                _ => text + (char)random.Next(' ', '~'),
            };
        }

        return text;
    }
}
