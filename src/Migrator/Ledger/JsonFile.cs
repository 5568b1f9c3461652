using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Application.Ledger;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Ledger;

/// <summary>Reads what the API has answered from a file.</summary>
internal static class JsonFile
{
    // A receipt has some kilobytes, and a page of heads less than 100.
    private const int MaxLength = 8 * 1024 * 1024;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <exception cref="MigratorException">The file does not exist, has more than 8 MiB, or can't be read as what it should be.</exception>
    public static async Task<T> ReadAsync<T>(FileInfo file, CancellationToken cancellationToken)
    {
        if (!file.Exists || file.Length > MaxLength)
            throw new MigratorException($"{file.Name} does not exist, or has more than {MaxLength} bytes.");
        try
        {
            await using var stream = file.OpenRead();
            return await JsonSerializer.DeserializeAsync<T>(stream, Options, cancellationToken)
                ?? throw new MigratorException($"{file.Name} is empty.");
        }
        catch (JsonException failure)
        {
            throw new MigratorException($"{file.Name} can't be read: {failure.Message}", failure);
        }
    }

    /// <summary>Reads heads as <c>GET /ledger/heads</c> answers them.</summary>
    public static async Task<IReadOnlyList<HeadDto>> ReadHeadsAsync(FileInfo file, CancellationToken cancellationToken) =>
        (await ReadAsync<Heads>(file, cancellationToken)).Items;

    private sealed record Heads(IReadOnlyList<HeadDto> Items);
}
