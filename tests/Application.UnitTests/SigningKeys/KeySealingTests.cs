using System.Security.Cryptography;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.SigningKeys;

public sealed class KeySealingTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(1200);
    private static readonly string Old = NewKey();
    private static readonly string New = NewKey();

    [Fact]
    public void Opens_what_it_sealed_and_never_seals_alike_twice()
    {
        var sealing = Sealing(New);
        var (first, second) = (sealing.Seal(Key, "a key"), sealing.Seal(Key, "a key"));

        Assert.Equal(Key, sealing.Open(first, "a key"));
        Assert.NotEqual(first, second);
        Assert.True(first.AsSpan().IndexOf(Key.AsSpan(0, 16)) < 0);
    }

    [Fact]
    public void Refuses_every_changed_byte()
    {
        var sealing = Sealing(New);
        var sealedKey = sealing.Seal(Key.AsSpan(0, 64), "a key");
        for (var at = 0; at < sealedKey.Length; at++)
        {
            var changed = (byte[])sealedKey.Clone();
            changed[at] ^= 1;
            Assert.Throws<SealedKeyException>(() => sealing.Open(changed, "a key"));
        }

        Assert.Throws<SealedKeyException>(() => sealing.Open(sealedKey.AsSpan(0, 30), "a key"));
        Assert.Throws<SealedKeyException>(() => sealing.Open([], "a key"));
    }

    [Fact]
    public void Opens_for_the_purpose_only_that_it_was_sealed_for()
    {
        var sealing = Sealing(New);
        var failure = Assert.Throws<SealedKeyException>(() => sealing.Open(sealing.Seal(Key, "next key"), "current key"));

        Assert.Contains("current key was changed after it was sealed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_setting_that_is_wrong_and_no_key()
    {
        var failure = Assert.Throws<SealedKeyException>(() => Sealing(New).Open(Sealing(Old).Seal(Key, "a key"), "a key"));

        Assert.Contains("Tokens:SealingKey", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Old, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(New, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_keys_open_while_one_is_exchanged_for_the_other()
    {
        var old = Sealing(Old).Seal(Key, "a key");
        var between = Sealing(New, Old);

        Assert.Equal(Key, between.Open(old, "a key"));
        Assert.False(between.IsOfToday(old));
        var resealed = between.Seal(Key, "a key");
        Assert.True(between.IsOfToday(resealed));
        Assert.Equal(Key, Sealing(New).Open(resealed, "a key"));
    }

    private static KeySealing Sealing(string key, string other = "") =>
        new(new TokenSettings { SealingKey = key, OtherSealingKey = other });

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
