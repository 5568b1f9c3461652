using FsCheck;
using FsCheck.Fluent;
using Portico.Infrastructure.Sessions;

namespace Portico.Application.UnitTests.Sessions;

public sealed class RefreshTokensTests
{
    private static readonly RefreshTokens Tokens = With(1);

    private static readonly Gen<RefreshToken> AnyToken = Gen.Zip(ArbMap.Default.GeneratorFor<Guid>(), ArbMap.Default.GeneratorFor<Guid>())
        .SelectMany(_ => ArbMap.Default.GeneratorFor<uint>(), (ids, generation) => new RefreshToken(ids.Item1, ids.Item2, generation));

    [Fact]
    public void Reads_what_it_wrote() =>
        Prop.ForAll(Arb.From(AnyToken), token => Tokens.Read(Tokens.Write(token)) == token).QuickCheckThrowOnFailure();

    [Fact]
    public void Writes_the_same_token_for_the_same_generation_on_every_replica() =>
        Prop.ForAll(Arb.From(AnyToken), token => Tokens.Write(token) == With(1).Write(token)).QuickCheckThrowOnFailure();

    [Fact]
    public void Writes_92_characters_of_the_url_alphabet() =>
        Prop.ForAll(
            Arb.From(AnyToken),
            token => Tokens.Write(token) is { Length: 92 } text && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Refuses_a_token_with_any_bit_flipped()
    {
        var text = Tokens.Write(new RefreshToken(Guid.CreateVersion7(), Guid.CreateVersion7(), 7));
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(text);

        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var flipped = bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(Tokens.Read(System.Buffers.Text.Base64Url.EncodeToString(flipped)));
        }
    }

    [Fact]
    public void Refuses_a_token_with_any_character_replaced()
    {
        var characters = Gen.OneOf(
            Gen.Elements("ABCxyz019-_".ToCharArray()),
            Gen.Elements(" \t\n=+/.\0\u00E9\u0430\uD800".ToCharArray()),
            ArbMap.Default.GeneratorFor<char>());
        var changes = AnyToken.SelectMany(
            _ => Gen.Zip(Gen.Choose(0, 91), characters), (token, change) => (token, change.Item1, change.Item2));

        Prop.ForAll(Arb.From(changes), sample =>
        {
            var (token, at, character) = sample;
            var text = Tokens.Write(token);
            return text[at] == character || Tokens.Read($"{text[..at]}{character}{text[(at + 1)..]}") is null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void Refuses_a_token_that_is_cut_or_longer() => Prop.ForAll(
        Arb.From(Gen.Zip(AnyToken, Gen.Choose(0, 91))),
        sample =>
        {
            var text = Tokens.Write(sample.Item1);
            return Tokens.Read(text[..sample.Item2]) is null
                && Tokens.Read(text + text[..(sample.Item2 + 1)]) is null
                && Tokens.Read(text + "=") is null;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Judges_any_text_without_an_exception() =>
        Prop.ForAll<NonNull<string>>(text => Tokens.Read(text.Get) is null && Tokens.Read(text.Get.PadRight(92)) is null)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Refuses_the_token_of_another_installation() =>
        Prop.ForAll(Arb.From(AnyToken), token => Tokens.Read(With(2).Write(token)) is null).QuickCheckThrowOnFailure();

    private static RefreshTokens With(byte key) =>
        new(new SessionSettings { Key = Convert.ToBase64String([.. Enumerable.Repeat(key, 32)]) });
}
