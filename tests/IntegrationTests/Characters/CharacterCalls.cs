using System.Net;
using System.Text.Json;
using Portico.Application.Characters;
using Portico.Testing;

namespace Portico.IntegrationTests.Characters;

/// <summary>Calls about characters, as a frontend makes them.</summary>
internal static class CharacterCalls
{
    public const string Path = "/api/v1/characters";

    public static CharacterFields Sheet(string name = "Mira", int level = 3, string @class = "wizard") => new CreateCharacter
    {
        Name = name,
        Class = @class,
        Level = level,
        Strength = 8,
        Dexterity = 14,
        Constitution = 12,
        Intelligence = 17,
        Wisdom = 13,
        Charisma = 10,
    };

    public static Task<HttpResponseMessage> Create(this TestPerson person, object sheet, params (string Name, string Value)[] headers) =>
        person.SendAsync(HttpMethod.Post, Path, sheet, headers);

    public static async Task<(string Id, string Tag)> CreateCharacter(this TestPerson person, string name = "Mira", int level = 3)
    {
        using var answer = await person.Create(Sheet(name, level));
        var character = await answer.Json(HttpStatusCode.Created);
        return (character.Text("id"), answer.Tag());
    }

    public static Task<HttpResponseMessage> Change(this TestPerson person, string id, string tag, object sheet) =>
        person.SendAsync(HttpMethod.Put, $"{Path}/{id}", sheet, ("If-Match", tag));

    public static Task<HttpResponseMessage> Delete(this TestPerson person, string id, string tag) =>
        person.SendAsync(HttpMethod.Delete, $"{Path}/{id}", null, ("If-Match", tag));

    public static string Tag(this HttpResponseMessage answer) =>
        answer.Headers.ETag?.ToString() ?? throw new InvalidOperationException("There is no ETag.");

    public static string[] Names(this JsonElement page) =>
        [.. page.GetProperty("items").EnumerateArray().Select(item => item.Text("name"))];
}
