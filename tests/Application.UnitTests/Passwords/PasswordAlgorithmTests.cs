using System.Buffers.Binary;
using Konscious.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Portico.Infrastructure.Passwords;

namespace Portico.Application.UnitTests.Passwords;

/// <summary>Hashes made by others, and hostile ones.</summary>
public sealed class PasswordAlgorithmTests
{
    private const string Phrase = "correct horse battery staple";

    private static readonly PasswordSettings Cheap =
        new() { Argon2MemoryKiB = 64, Argon2Iterations = 1, Pbkdf2Iterations = 1_000, BcryptCost = 4 };

    private static readonly Argon2idAlgorithm Argon2 = new(Cheap);
    private static readonly Pbkdf2Algorithm Pbkdf2 = new(Cheap);
    private static readonly BcryptAlgorithm Bcrypt = new(Cheap);

    /// <summary>RFC 9106, section 5.3. PHC strings have neither secret nor associated data, so that the library is called itself.</summary>
    [Fact]
    public void The_library_computes_the_vector_of_the_RFC()
    {
        using var argon2 = new Argon2id([.. Enumerable.Repeat((byte)1, 32)])
        {
            Salt = [.. Enumerable.Repeat((byte)2, 16)],
            KnownSecret = [.. Enumerable.Repeat((byte)3, 8)],
            AssociatedData = [.. Enumerable.Repeat((byte)4, 12)],
            MemorySize = 32,
            Iterations = 3,
            DegreeOfParallelism = 4,
        };

        Assert.Equal("0D640DF58D78766C08C037A34A8B53C9D01EF0452D75B65EB52520E96B01E659", Convert.ToHexString(argon2.GetBytes(32)));
    }

    // Made with the npm package hash-wasm 4.
    [Theory]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y", Phrase)]
    [InlineData("$argon2id$v=19$m=64,t=1,p=2$ZWlnaHRieXQ$q87DduhvokomeiFzHJ3D6w", "p\u00E4ssword \U0001F600")]
    [InlineData(
        "$argon2id$v=19$m=4096,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg"
        + "$tw6vyvse3Hvd7U2J/WMdhB3Ve+ESexNRBfZYa0hwhzjqmV0szTcPdy7huz5BD8TvGy6Iqh9Wxd3D3Y4/4VkQ9Q",
        Phrase)]
    public void Argon2id_hashes_of_other_make_are_verified(string hash, string password) => Verifies(Argon2, hash, password);

    // Made with the npm packages hash-wasm 4 ($2a$) and bcryptjs 3 ($2b$, $2y$, and the one that only uses 72 bytes).
    [Theory]
    [InlineData("$2a$04$a07rXVLfZFPxZ0zja0Dqb.dRW91IX3LL3ZjyuoLKWNmYT1ccAg6Su", "p\u00E4ssword horse")]
    [InlineData("$2b$05$abcdefghijklmnopqrstuuhI5OkmtXeU4o4O7kWnJ5ep/uT8Fi7Zu", "p\u00E4ssword horse")]
    [InlineData("$2y$05$abcdefghijklmnopqrstuuhI5OkmtXeU4o4O7kWnJ5ep/uT8Fi7Zu", "p\u00E4ssword horse")]
    [InlineData(
        "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    // The example in the documentation of Passlib's bcrypt_sha256.
    [InlineData("$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2", "password")]
    public void Bcrypt_hashes_of_other_make_are_verified(string hash, string password) => Verifies(Bcrypt, hash, password);

    [Fact]
    public void Hashes_of_Identity_are_verified_in_both_formats()
    {
        foreach (var mode in Enum.GetValues<PasswordHasherCompatibilityMode>())
        {
            var options = new PasswordHasherOptions { CompatibilityMode = mode, IterationCount = 1_000 };
            var hasher = new PasswordHasher<Credential>(Microsoft.Extensions.Options.Options.Create(options));
            Verifies(Pbkdf2, hasher.HashPassword(new Credential(), Phrase), Phrase);
        }
    }

    [Fact]
    public void Each_verifies_its_own_hashes_and_tells_the_weaker_ones()
    {
        var dearer = new PasswordSettings { Argon2MemoryKiB = 128, Argon2Iterations = 1, Pbkdf2Iterations = 2_000, BcryptCost = 5 };
        (IPasswordAlgorithm, IPasswordAlgorithm)[] pairs =
        [
            (Argon2, new Argon2idAlgorithm(dearer)),
            (Pbkdf2, new Pbkdf2Algorithm(dearer)),
            (Bcrypt, new BcryptAlgorithm(dearer)),
        ];
        foreach (var (cheap, dear) in pairs)
        {
            var hash = cheap.Hash(Phrase);
            Verifies(cheap, hash, Phrase);
            Assert.NotEqual(hash, cheap.Hash(Phrase));
            Assert.Equal(cheap.Kind, cheap.KindOf(hash));
            Assert.False(cheap.IsWeaker(hash));
            Assert.True(dear.IsWeaker(hash));
            Assert.False(cheap.IsWeaker(dear.Hash(Phrase)));
            Assert.False(cheap.Verify(cheap.Kind.StandIn, Phrase));
            Assert.InRange(hash.Length, 40, 400);
        }
    }

    [Fact]
    public void Bcrypt_cuts_nothing_off()
    {
        var hash = Bcrypt.Hash(new string('x', 100) + "1");

        Assert.True(Bcrypt.Verify(hash, new string('x', 100) + "1"));
        Assert.False(Bcrypt.Verify(hash, new string('x', 100) + "2"));
        // A plain hash of another system uses 72 bytes, and is therefore replaced.
        Assert.True(Bcrypt.IsWeaker("$2b$14$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"));
    }

    // What none may verify: other versions and orders, more work or memory than is allowed, other spellings of numbers and base64.
    [Theory]
    [InlineData("")]
    [InlineData("$")]
    [InlineData("plain text")]
    [InlineData("$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$t=1,m=64,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=064,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=+64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=15,t=1,p=2$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=262144,t=5,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=64,t=9999999,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=99999999999,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=4096,t=1,p=9$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA==$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdB$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=64,t=1,p=1$c2hvcnQ$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA")]
    [InlineData("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y\n")]
    [InlineData("$argon2id$v=19$m=64,t=1,p=1,data=AAAA$c29tZXNhbHRzb21lc2FsdA$ISO7kkvFzh19GM8qB7patN3C3Y9HHsjlVTfEZ9T600Y")]
    [InlineData("$2x$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i")]
    [InlineData("$2b$03$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i")]
    [InlineData("$2b$15$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i")]
    [InlineData("$2b$31$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i")]
    [InlineData("$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0")]
    [InlineData("$2b$4$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i")]
    [InlineData("$bcrypt-sha256$v=1,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2")]
    [InlineData("$bcrypt-sha256$v=2,t=2b,r=31$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2")]
    public void Malformed_and_excessive_hashes_belong_to_no_algorithm(string hash)
    {
        Assert.Null(Argon2.KindOf(hash));
        Assert.Null(Pbkdf2.KindOf(hash));
        Assert.Null(Bcrypt.KindOf(hash));
    }

    [Theory]
    [InlineData(2, Pbkdf2Algorithm.MaxIterations + 1, 16, 32)]
    [InlineData(2, int.MaxValue, 16, 32)]
    [InlineData(2, 0, 16, 32)]
    [InlineData(2, -1, 16, 32)]
    [InlineData(7, 1_000, 16, 32)]
    [InlineData(2, 1_000, 15, 32)]
    [InlineData(2, 1_000, int.MaxValue, 32)]
    [InlineData(2, 1_000, 16, 15)]
    public void Identity_hashes_out_of_bounds_belong_to_no_algorithm(int function, int iterations, int saltLength, int outputLength)
    {
        var bytes = new byte[13 + Math.Min(saltLength, 32) + outputLength];
        bytes[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), function);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), iterations);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(9), saltLength);

        Assert.Null(Pbkdf2.KindOf(Convert.ToBase64String(bytes)));
    }

    private static void Verifies(IPasswordAlgorithm algorithm, string hash, string password)
    {
        Assert.Same(algorithm, algorithm.KindOf(hash)?.Algorithm);
        Assert.True(algorithm.Verify(hash, password));
        Assert.False(algorithm.Verify(hash, "w" + password));
        Assert.Equal(algorithm.KindOf(hash), algorithm.KindOf(algorithm.KindOf(hash)!.StandIn));
    }
}
