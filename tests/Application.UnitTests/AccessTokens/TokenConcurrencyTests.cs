namespace Portico.Application.UnitTests.AccessTokens;

public sealed class TokenConcurrencyTests
{
    [Theory]
    [InlineData("RS256", 60)]
    [InlineData("ES256", 400)]
    public async Task Signs_and_verifies_on_many_threads_at_once(string algorithm, int rounds)
    {
        var world = new TokenWorld(algorithm == "RS256" ? TokenWorld.NewRsa() : TokenWorld.NewEc());
        using var start = new ManualResetEventSlim();

        var workers = Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.Wait();
                for (var round = 0; round < rounds; round++)
                {
                    var session = Guid.CreateVersion7();
                    var token = world.Issuer.Issue(world.User, session).Value;
                    Assert.Equal(session, world.Accept(token).SessionId);
                    Assert.False(world.Validator.TryValidate(token[..^8] + "AAAAAAAA", out var _, out var _));
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        start.Set();

        await Task.WhenAll(workers);
    }
}
