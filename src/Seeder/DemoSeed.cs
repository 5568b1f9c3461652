using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.Passwords;
using Portico.Infrastructure.Postgres;
using Spectre.Console;

namespace Portico.Seeder;

/// <summary>The options of the demo data.</summary>
internal sealed record DemoRequest(int Users, int Transfers, int Seed, FileInfo? CredentialsFile, bool ResetPasswords);

/// <summary>Creates one user of each role with a password that is printed once, and more users without a password.</summary>
/// <remarks>
/// It accepts whatever users and administrators have changed since the last run: a blocked or renamed demo user stays so. The address of
/// a demo user who was deleted goes to a new one.
/// </remarks>
internal sealed class DemoSeed(
    AppDbContext db, ITransaction transaction, IAuditLog audit, ICredentials credentials, IPasswordHashing passwords, DemoMoney money,
    DemoForecasts forecasts, TimeProvider clock)
{
    public const int MaxUsers = 1_000_000;
    public const string Domain = "@portico.example";
    private const int BatchSize = 500;
    private const int PasswordBytes = 15;

    private static readonly string[] FirstNames =
    [
        "Ada", "Alan", "Anna", "Boris", "Chen", "Dmitri", "Edsger", "Elena", "Fatima", "Grace",
        "Hedy", "Ivan", "Joan", "Ken", "Leslie", "Maria", "Niklaus", "Olga", "Radia", "Sofia",
    ];

    private static readonly string[] LastNames =
    [
        "Allen", "Booth", "Dijkstra", "Hamilton", "Hopper", "Ivanova", "Johnson", "Kay", "Lamport", "Lovelace",
        "Mendes", "Orlova", "Perlman", "Petrov", "Ritchie", "Sato", "Turing", "Wang", "Wirth", "Zuse",
    ];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public async Task Run(DemoRequest request, TextWriter output, CancellationToken cancellationToken)
    {
        List<SignInRow> signIns = [];
        foreach (var role in Enum.GetValues<Role>().OrderDescending())
        {
            if (await EnsureSignIn(role, request.ResetPasswords, cancellationToken) is { } signIn)
                signIns.Add(signIn);
        }

        var crowd = await EnsureCrowd(request, cancellationToken);
        await output.WriteLineAsync($"demo: {signIns.Count + crowd} changes");
        var started = clock.GetTimestamp();
        var (wallets, transfers) = await money.Run(request.Transfers, request.Seed, cancellationToken);
        if (wallets + transfers > 0)
            await output.WriteLineAsync(
                $"  {wallets} wallets, {transfers} transfers ({transfers / clock.GetElapsedTime(started).TotalSeconds:0} a second)");
        var (events, placed) = await forecasts.Run(cancellationToken);
        if (events > 0)
            await output.WriteLineAsync($"  {events} events, {placed} forecasts");
        if (signIns.Count == 0)
            return;

        foreach (var (role, email, password) in signIns)
            await output.WriteLineAsync($"  {role,-8} {email,-28} {password}");
        if (request.CredentialsFile is { } file)
            await Write(file, signIns, cancellationToken);
    }

    private async Task<SignInRow?> EnsureSignIn(Role role, bool resetPassword, CancellationToken cancellationToken)
    {
        var name = role.ToString().ToLowerInvariant();
        var address = Address(name);
        var present = await db.Users.AnyAsync(u => u.Email == address.Value, cancellationToken);
        if (present && !resetPassword)
            return null;

        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(PasswordBytes));
        var passwordHash = await passwords.Hash(password, cancellationToken);
        var made = await transaction.Run<Result<Unit>>(
            async token =>
            {
                var user = await db.Users.WithDeleted().SingleOrDefaultAsync(u => u.Email == address.Value, token);
                if (user is { DeletedAt: not null })
                {
                    user.FreeAddress(ContactKind.Email);
                    audit.Add(new AuditNote(AuditActions.UserAddressFreed, AuditSubject.User(user.Id)).With("address", ContactKind.Email));
                    // Saved before the new user is added, because the unique index checks row by row.
                    await db.SaveQuietly(token);
                    user = null;
                }

                if (user is null)
                {
                    user = User.Register(address, $"Demo {name}", "en", clock.GetUtcNow());
                    user.AssignRole(role);
                    db.Users.Add(user);
                    await credentials.Add(user.Id, passwordHash, token);
                }
                else
                {
                    await credentials.SetPasswordHash(user.Id, passwordHash, token);
                    user.ChangePassword();
                }

                await db.SaveQuietly(token);
                return Unit.Value;
            },
            cancellationToken);
        made.ValueOrThrow();
        return new SignInRow(name, address.Value, password);
    }

    /// <summary>Adds missing users without a password, in batches of one transaction each; deleted ones stay deleted.</summary>
    private async Task<int> EnsureCrowd(DemoRequest request, CancellationToken cancellationToken)
    {
        var added = 0;
        await Progress("people", request.Users, async advance =>
        {
            for (var first = 1; first <= request.Users; first += BatchSize)
            {
                var people = Enumerable.Range(first, Math.Min(BatchSize, request.Users - first + 1)).ToArray();
                added += await EnsureBatch(request.Seed, people, cancellationToken);
                advance(people.Length);
            }
        });
        return added;
    }

    private async Task<int> EnsureBatch(int seed, int[] numbers, CancellationToken cancellationToken)
    {
        var addresses = numbers.ToDictionary(number => Address($"person{number:D6}").Value, StringComparer.Ordinal);
        var added = await transaction.Run<Result<int>>(
            async token =>
            {
                var present = await db.Users.WithDeleted()
                    .Where(u => addresses.Keys.Contains(u.Email!))
                    .Select(u => u.Email!)
                    .ToListAsync(token);
                foreach (var (email, number) in addresses.Where(person => !present.Contains(person.Key, StringComparer.Ordinal)))
                {
                    var name = $"{Pick(FirstNames, seed, number, 1)} {Pick(LastNames, seed, number, 2)}";
                    var user = User.Register(Address($"person{number:D6}"), name, number % 2 == 0 ? "en" : "ru", clock.GetUtcNow());
                    db.Users.Add(user);
                    // No password: nobody can sign in as one of these users.
                    db.Set<Credential>().Add(new Credential
                    {
                        Id = user.Id,
                        UserName = user.Id.ToString(),
                        NormalizedUserName = user.Id.ToString().ToUpperInvariant(),
                        SecurityStamp = Guid.NewGuid().ToString("N")
                    });
                }

                await db.SaveQuietly(token);
                return numbers.Length - present.Count;
            },
            cancellationToken);
        return added.ValueOrThrow();
    }

    public static async Task Progress(string what, int total, Func<Action<int>, Task> work)
    {
        // A progress bar only on a terminal: it would fill a log with its frames.
        if (Console.IsOutputRedirected || total < BatchSize)
        {
            await work(_ => { });
            return;
        }

        await AnsiConsole.Progress().StartAsync(async context =>
        {
            var task = context.AddTask(what, maxValue: total);
            await work(done => task.Increment(done));
        });
    }

    private static async Task Write(FileInfo file, List<SignInRow> signIns, CancellationToken cancellationToken)
    {
        var half = file.FullName + ".part";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var stream = new FileStream(half, options))
            await JsonSerializer.SerializeAsync(stream, signIns, Json, cancellationToken);
        File.Move(half, file.FullName, overwrite: true);
    }

    private static ContactAddress Address(string name) =>
        ContactAddress.TryParseEmail($"{name}{Domain}", out var address)
            ? address
            : throw new InvalidOperationException($"{name} does not give a valid address.");

    /// <summary>The result depends only on the seed and the number.</summary>
    private static string Pick(string[] names, int seed, int number, int salt)
    {
        var bits = BitConverter.GetBytes(((long)seed << 32) | (uint)((number << 2) | salt));
        return names[SHA256.HashData(bits)[0] % names.Length];
    }

    private sealed record SignInRow(string Role, string Email, string Password);
}
