using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portico.Infrastructure.AccessTokens;

namespace Portico.Application.UnitTests.AccessTokens;

/// <summary>What must hold for every input: only an untouched token passes, and nothing throws.</summary>
public sealed class TokenFuzzTests
{
    private static readonly TokenWorld[] Worlds = [new(TokenWorld.Rsa, TokenWorld.Ec), new(TokenWorld.Ec, TokenWorld.Rsa)];
    private static readonly string[] Tokens = [.. Worlds.Select(world => world.Issue())];

    private static readonly Gen<char> Character = Gen.Frequency(
        (6, Gen.Elements("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".ToCharArray())),
        (2, Gen.Elements(".=+/ \"{}\\".ToCharArray())),
        (1, Gen.Choose(0, char.MaxValue).Select(code => (char)code)));

    [Fact]
    public void A_mutated_token_is_never_valid()
    {
        var mutations = Gen.Choose(0, Tokens.Length - 1).SelectMany(which => Mutation(Tokens[which]), (which, token) => (which, token));

        Prop.ForAll(Arb.From(mutations), sample =>
                sample.token == Tokens[sample.which] || !Worlds[sample.which].Validator.TryValidate(sample.token, out _, out _))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Fact]
    public void Whatever_is_signed_is_judged_without_an_exception()
    {
        var world = Worlds[1];
        var header = world.Header().ToJsonString();
        var claims = world.Claims().ToJsonString();
        var mutations = ArbMap.Default.GeneratorFor<bool>().SelectMany(
            inHeader => Mutation(inHeader ? header : claims),
            (inHeader, mutated) => inHeader ? (header: mutated, claims) : (header, claims: mutated));

        Prop.ForAll(Arb.From(mutations), sample =>
            {
                var token = world.ForgeBytes(Encoding.UTF8.GetBytes(sample.header), Encoding.UTF8.GetBytes(sample.claims), TokenWorld.Ec);
                var valid = world.Validator.TryValidate(token, out var read, out var error);
                return valid == (read is not null) && valid == (error == TokenError.None);
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Fact]
    public void Three_random_parts_are_never_valid()
    {
        var part = Gen.ListOf(ArbMap.Default.GeneratorFor<byte>()).Select(bytes => bytes.ToArray());
        var texts = Gen.OneOf(
            Gen.ListOf(Character).Select(characters => string.Concat(characters)),
            part.Three().Select(parts => string.Join('.', new[] { parts.Item1, parts.Item2, parts.Item3 }
                .Select(bytes => System.Buffers.Text.Base64Url.EncodeToString(bytes)))));

        Prop.ForAll(Arb.From(texts), text => !Worlds[0].Validator.TryValidate(text, out _, out _))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    private static Gen<string> Mutation(string text)
    {
        var place = Gen.Choose(0, text.Length - 1);
        return Gen.OneOf(
            place.SelectMany(_ => Character, (at, character) => Spliced(text, at, 1, character.ToString())),
            place.SelectMany(_ => Character, (at, character) => Spliced(text, at, 0, character.ToString())),
            place.SelectMany(_ => Gen.Choose(1, 20), (at, length) => Spliced(text, at, length, "")),
            place.SelectMany(
                _ => Gen.Choose(1, 20), (at, length) => Spliced(text, at, 0, text.Substring(at, Math.Min(length, text.Length - at)))),
            place.SelectMany(_ => place, (at, other) => Swapped(text, at, other)),
            place.SelectMany(
                _ => Gen.ListOf(Character), (at, characters) => Spliced(text, at, characters.Count, string.Concat(characters))),
            place.Select(at => text[..at]));
    }

    private static string Spliced(string text, int at, int length, string replacement) =>
        string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(Math.Min(at + length, text.Length)));

    private static string Swapped(string text, int one, int other)
    {
        var characters = text.ToCharArray();
        (characters[one], characters[other]) = (characters[other], characters[one]);
        return new(characters);
    }
}
