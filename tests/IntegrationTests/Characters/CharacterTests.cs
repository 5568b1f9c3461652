using System.Net;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Characters;

public sealed class CharacterTests : PorticoTests
{
    private TestPerson _ada = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _ada = await App.SignUpAsync();
    }

    [Fact]
    public async Task Is_made_changed_deleted_and_restored_with_its_stamps_and_tags()
    {
        using var created = await _ada.Create(CharacterCalls.Sheet());
        var character = await created.Json(HttpStatusCode.Created);
        var path = created.Headers.Location!.ToString();
        Assert.Equal($"{CharacterCalls.Path}/{character.Text("id")}", path);
        Assert.Equal($"\"{character.Text("version")}\"", created.Tag());
        Assert.Equal(JsonValueKind.Null, character.GetProperty("updatedAt").ValueKind);

        using var read = await _ada.GetAsync(path);
        Assert.Equal(character.ToString(), (await read.Json(HttpStatusCode.OK)).ToString());
        Assert.Equal(created.Tag(), read.Tag());
        Assert.Equal("no-store", read.Headers.CacheControl?.ToString());

        using var changed = await _ada.Change(character.Text("id"), read.Tag(), CharacterCalls.Sheet("Mira Stormwind", 4));
        var now = await changed.Json(HttpStatusCode.OK);
        Assert.Equal(("Mira Stormwind", 4), (now.Text("name"), now.GetProperty("level").GetInt32()));
        Assert.NotEqual(read.Tag(), changed.Tag());
        Assert.NotEqual(JsonValueKind.Null, now.GetProperty("updatedAt").ValueKind);

        await _ada.Delete(character.Text("id"), changed.Tag()).Json(HttpStatusCode.NoContent);
        await _ada.GetAsync(path).Problem(HttpStatusCode.NotFound, "not_found");
        Assert.Empty((await _ada.GetAsync(CharacterCalls.Path).Json(HttpStatusCode.OK)).Names());

        using var restored = await _ada.SendAsync(HttpMethod.Post, $"{path}/restore");
        Assert.Equal("Mira Stormwind", (await restored.Json(HttpStatusCode.OK)).Text("name"));
        Assert.NotEqual(changed.Tag(), restored.Tag());
        await _ada.GetAsync(path).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Needs_the_version_that_the_caller_has_seen()
    {
        var (id, tag) = await _ada.CreateCharacter();
        var path = $"{CharacterCalls.Path}/{id}";

        await _ada.SendAsync(HttpMethod.Put, path, CharacterCalls.Sheet())
            .Problem(HttpStatusCode.PreconditionRequired, "precondition_required");
        await _ada.SendAsync(HttpMethod.Delete, path).Problem(HttpStatusCode.PreconditionRequired, "precondition_required");
        string[] others = ["\"AAAAAAAAAAk\"", "\"1\"", "W/\"AAAAAAAAAAk\"", "\"AAAAAAAAAAF\"", "garbage", "\"\"", "", "*, \"x\""];
        foreach (var passed in others)
        {
            await _ada.Change(id, passed, CharacterCalls.Sheet()).Problem(HttpStatusCode.PreconditionFailed, "precondition_failed");
            await _ada.Delete(id, passed).Problem(HttpStatusCode.PreconditionFailed, "precondition_failed");
        }

        await _ada.Change(id, $"\"AAAAAAAAAAk\", {tag}", CharacterCalls.Sheet("Second")).Json(HttpStatusCode.OK);
        await _ada.Change(id, tag, CharacterCalls.Sheet("Third")).Problem(HttpStatusCode.PreconditionFailed, "precondition_failed");
        await _ada.Change(id, "*", CharacterCalls.Sheet("Whatever it was")).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Sends_nothing_to_who_has_the_version()
    {
        var (id, tag) = await _ada.CreateCharacter();
        var path = $"{CharacterCalls.Path}/{id}";
        using var same = await _ada.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", $"\"other\", W/{tag}"));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        Assert.Equal(tag, same.Tag());
        await _ada.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", "\"other\"")).Json(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(
        """{"name":"","class":"x","level":1,"strength":1,"dexterity":1,"constitution":1,"intelligence":1,"wisdom":1,"charisma":1}""",
        "name")]
    [InlineData(
        """{"name":"x","class":"x","level":21,"strength":31,"dexterity":0,"constitution":-1,"intelligence":1,"wisdom":1,"charisma":1}""",
        "constitution dexterity level strength")]
    [InlineData(
        """{"name":"x","class":"x","level":1,"strength":1,"dexterity":1,"constitution":1,"intelligence":1,"wisdom":1}""",
        "charisma")]
    [InlineData(
        """{"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","name":"x","class":"x","level":1,"""
        + """ "strength":1,"dexterity":1,"constitution":1,"intelligence":1,"wisdom":1,"charisma":1}""",
        "id")]
    public async Task Names_the_fields_that_are_wrong(string body, string fields)
    {
        var problem = await _ada.Create(JsonSerializer.Deserialize<JsonElement>(body))
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(
            fields.Split(' '), problem.GetProperty("errors").EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lists_in_every_order_page_by_page_without_loss()
    {
        // Equal values, characters of four bytes, and names of the largest length: a cursor must hold them.
        string[] names =
            [new string('я', 100), string.Concat(Enumerable.Repeat("🐉", 50)), "Anna", "anna", "Bob", "Bob", "Bob", "Çelik"];
        foreach (var (name, n) in names.Select((name, n) => (name, n)))
            await _ada.Create(CharacterCalls.Sheet(name, 1 + (n % 3))).Json(HttpStatusCode.Created);

        foreach (var sort in (string?[])[null, "name", "-name", "level", "-level", "createdAt", "-createdAt", "class"])
        {
            var order = sort is null ? "" : $"&sort={sort}";
            var all = (await _ada.GetAsync($"{CharacterCalls.Path}?limit=100{order}").Json(HttpStatusCode.OK))
                .GetProperty("items")
                .EnumerateArray()
                .Select(item => item.Text("id"))
                .ToArray();
            Assert.Equal(names.Length, all.Length);
            List<string> paged = [];
            for (var next = $"{CharacterCalls.Path}?limit=3{order}"; next is not null;)
            {
                var page = await _ada.GetAsync(next).Json(HttpStatusCode.OK);
                paged.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.Text("id")));
                next = page.GetProperty("nextCursor").GetString() is { } cursor
                    ? $"{CharacterCalls.Path}?limit=3{order}&cursor={cursor}"
                    : null;
            }

            Assert.Equal(all, paged);
        }

        var byLevel = await _ada.GetAsync($"{CharacterCalls.Path}?sort=-level").Json(HttpStatusCode.OK);
        var levels = byLevel.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("level").GetInt32()).ToArray();
        Assert.Equal(levels.OrderDescending(), levels);
    }

    [Fact]
    public async Task Finds_by_name_class_and_level()
    {
        await _ada.Create(CharacterCalls.Sheet("Zoë 100% Ogre", 5, "druid")).Json(HttpStatusCode.Created);
        await _ada.Create(CharacterCalls.Sheet("zebra_100", 9, "bard")).Json(HttpStatusCode.Created);

        Assert.Equal(["Zoë 100% Ogre"], await Found("search=100%25"));
        Assert.Equal(["zebra_100"], await Found("search=_"));
        Assert.Equal(["zebra_100", "Zoë 100% Ogre"], await Found("search=Z&sort=-level"));
        Assert.Equal(["Zoë 100% Ogre"], await Found("class=druid"));
        Assert.Equal(["zebra_100"], await Found("minLevel=6&maxLevel=9"));
        Assert.Empty(await Found("search=%5C"));
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Finds_letters_of_every_alphabet_in_upper_or_lower_case()
    {
        const string Name = "\u0418\u0432\u0430\u043D";
        await _ada.CreateCharacter(Name);

        foreach (var search in new[] { Name, Name.ToLowerInvariant(), Name.ToUpperInvariant() })
            Assert.Equal([Name], await Found($"search={Uri.EscapeDataString(search)}"));
    }

    [Theory]
    [InlineData("sort=strength", "sort")]
    [InlineData("sort=--name", "sort")]
    [InlineData("sort=Name", "sort")]
    [InlineData("search=", "search")]
    [InlineData("search=%00", "search")]
    [InlineData("limit=0", "limit")]
    [InlineData("cursor=abc", "cursor")]
    public async Task Refuses_what_the_list_does_not_offer(string query, string field)
    {
        var problem = await _ada.GetAsync($"{CharacterCalls.Path}?{query}").Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    [Fact]
    public async Task Refuses_a_cursor_of_another_order()
    {
        await _ada.CreateCharacter();
        await _ada.CreateCharacter();
        var page = await _ada.GetAsync($"{CharacterCalls.Path}?limit=1&sort=name").Json(HttpStatusCode.OK);
        await _ada.GetAsync($"{CharacterCalls.Path}?limit=1&sort=level&cursor={page.Text("nextCursor")}")
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Belongs_to_one_person_and_is_not_there_for_anybody_else()
    {
        var (id, tag) = await _ada.CreateCharacter();
        var bob = await App.SignUpAsync();
        var path = $"{CharacterCalls.Path}/{id}";

        await bob.GetAsync(path).Problem(HttpStatusCode.NotFound, "not_found");
        await bob.Change(id, tag, CharacterCalls.Sheet()).Problem(HttpStatusCode.NotFound, "not_found");
        await bob.SendAsync(HttpMethod.Put, path, CharacterCalls.Sheet()).Problem(HttpStatusCode.NotFound, "not_found");
        await bob.Delete(id, tag).Problem(HttpStatusCode.NotFound, "not_found");
        await bob.SendAsync(HttpMethod.Post, $"{path}/restore").Problem(HttpStatusCode.NotFound, "not_found");
        Assert.Empty((await bob.GetAsync(CharacterCalls.Path).Json(HttpStatusCode.OK)).Names());
        await App.Client.GetAsync(path).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await App.Client.DeleteAsync(path).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Shows_what_was_deleted_to_administrators_only()
    {
        var (id, tag) = await _ada.CreateCharacter($"Gone {Guid.NewGuid():N}");
        var name = (await _ada.GetAsync($"{CharacterCalls.Path}/{id}").Json(HttpStatusCode.OK)).Text("name");
        await _ada.Delete(id, tag).Json(HttpStatusCode.NoContent);
        var admin = await App.SignUpAsync(Role.Admin);

        await _ada.GetAsync($"{CharacterCalls.Path}?deleted=true").Problem(HttpStatusCode.Forbidden, "forbidden");
        await _ada.GetAsync($"{CharacterCalls.Path}/{id}?deleted=true").Problem(HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal([name], (await admin.GetAsync($"{CharacterCalls.Path}?deleted=true&search={name}").Json(HttpStatusCode.OK)).Names());
        Assert.Equal(name, (await admin.GetAsync($"{CharacterCalls.Path}/{id}?deleted=true").Json(HttpStatusCode.OK)).Text("name"));
        await admin.GetAsync($"{CharacterCalls.Path}/{id}").Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Of_many_writers_of_one_version_exactly_one_wins()
    {
        const int writers = 64;
        var (id, tag) = await _ada.CreateCharacter();
        for (var round = 1; round <= 2; round++)
        {
            var seen = tag;
            var answers = await Task.WhenAll(
                Enumerable.Range(0, writers).Select(n => _ada.Change(id, seen, CharacterCalls.Sheet($"Writer {n} of {seen}"))));

            var winner = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
            Assert.Equal(writers - 1, answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
            var character = await _ada.GetAsync($"{CharacterCalls.Path}/{id}").Json(HttpStatusCode.OK);
            Assert.Equal((await winner.Json(HttpStatusCode.OK)).Text("name"), character.Text("name"));
            tag = winner.Tag();
        }
    }

    private async Task<string[]> Found(string query) =>
        (await _ada.GetAsync($"{CharacterCalls.Path}?{query}").Json(HttpStatusCode.OK)).Names();
}
