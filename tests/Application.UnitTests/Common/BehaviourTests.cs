using FluentValidation;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Behaviours;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Users;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Unit = Portico.Domain.Common.Unit;

namespace Portico.Application.UnitTests.Common;

public sealed class BehaviourTests
{
    [Theory]
    [InlineData(null, null, "unauthenticated", "unauthenticated")]
    [InlineData(Role.User, null, null, "forbidden")]
    [InlineData(Role.Manager, null, null, "forbidden")]
    [InlineData(Role.Admin, null, null, null)]
    public async Task Lets_through_only_those_that_the_access_attribute_names(
        Role? role, string? anonymous, string? authenticated, string? permission)
    {
        Assert.Equal(anonymous, await Authorise(new Open(), role));
        Assert.Equal(authenticated, await Authorise(new SignedIn(), role));
        Assert.Equal(permission, await Authorise(new Privileged(), role));
    }

    [Fact]
    public async Task A_use_case_without_exactly_one_access_attribute_cannot_be_sent()
    {
        await Assert.ThrowsAsync<TypeInitializationException>(() => Authorise(new Forgotten(), Role.Admin));
        await Assert.ThrowsAsync<TypeInitializationException>(() => Authorise(new Contradictory(), Role.Admin));
    }

    [Fact]
    public async Task Refuses_with_the_messages_of_every_field_of_every_validator()
    {
        var first = new InlineValidator<SignedIn>();
        first.RuleFor(r => r.Amount).GreaterThan(0).WithMessage("positive").LessThan(-10).WithMessage("small");
        var second = new InlineValidator<SignedIn>();
        second.RuleFor(r => r.Name).NotEmpty().WithMessage("named");
        second.RuleFor(r => r.Amount).GreaterThan(1).WithMessage("positive");
        var handled = 0;

        var result = await new ValidationBehaviour<SignedIn, Result<Unit>>([first, second], new RequestKey())
            .Handle(new SignedIn(), CancellationToken.None, Next(() => handled++));

        Assert.Equal((ErrorKind.Validation, "validation_failed"), (result.Error!.Kind, result.Error.Code));
        Assert.Equal(2, result.Error.Fields.Count);
        Assert.Equal(["positive", "small"], Field(result.Error, "amount"));
        Assert.Equal(["named"], Field(result.Error, "name"));
        Assert.Equal(0, handled);
    }

    [Fact]
    public async Task Goes_on_when_nothing_is_wrong_or_nothing_is_judged()
    {
        var handled = 0;
        var validator = new InlineValidator<SignedIn>();
        validator.RuleFor(r => r.Amount).Equal(0);

        Assert.True(
            (
                await new ValidationBehaviour<SignedIn,
                Result<Unit>>([validator], new RequestKey())
                    .Handle(new SignedIn(), CancellationToken.None, Next(() => handled++))).IsSuccess);
        Assert.True(
            (
                await new ValidationBehaviour<SignedIn,
                Result<Unit>>([], new RequestKey()).Handle(new SignedIn(), CancellationToken.None, Next(() => handled++))).IsSuccess);

        Assert.Equal(2, handled);
    }

    [Fact]
    public async Task Only_commands_that_open_none_themselves_get_a_transaction()
    {
        Assert.Equal(1, await Transactions(new SignedIn()));
        Assert.Equal(0, await Transactions(new Open()));
    }

    [Fact]
    public async Task A_repetition_with_the_same_key_is_answered_without_being_done()
    {
        var key = new RequestKey { Current = new IdempotencyKey(Guid.Empty, "k", RequestKey.Fingerprint) };
        var handled = 0;
        var behaviour = new TransactionBehaviour<SignedIn, Result<Unit>>(Services(new CountedTransaction(), key), key);

        Assert.True((await behaviour.Handle(new SignedIn(), CancellationToken.None, Next(() => handled++))).IsSuccess);
        Assert.Empty(key.Sent);
        await behaviour.Handle(new SignedIn(), CancellationToken.None, Next(() => handled++));

        Assert.Equal(1, handled);
        Assert.Equal(200, Assert.Single(key.Sent).Status);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(null, "bad", true)]
    [InlineData("k", null, false)]
    public async Task What_moves_money_needs_a_good_key(string? value, string? problem, bool isRefused)
    {
        var key = new RequestKey
        {
            Current = value is null ? null : new IdempotencyKey(Guid.Empty, value, RequestKey.Fingerprint),
            Problem = problem,
        };

        var result = await new ValidationBehaviour<Paying, Result<Unit>>([], key)
            .Handle(new Paying(), CancellationToken.None, Next(() => { }));

        Assert.Equal(isRefused ? ["Idempotency-Key"] : [], result.Error?.Fields.Keys ?? []);
    }

    [Fact]
    public async Task Hands_the_answer_of_the_handler_on_untouched()
    {
        Result<Unit> error = UserErrors.NotFound;

        var tracing = new TracingBehaviour<Open, Result<Unit>>();
        Assert.Same(error, await tracing.Handle(new Open(), CancellationToken.None, () => Task.FromResult(error)));
        var transaction = new TransactionBehaviour<SignedIn, Result<Unit>>(
            Services(new CountedTransaction(), new RequestKey()), new RequestKey());
        Assert.Same(error, await transaction.Handle(new SignedIn(), CancellationToken.None, () => Task.FromResult(error)));
    }

    [Fact]
    public async Task Judges_the_caller_before_the_fields_and_the_fields_before_the_transaction()
    {
        var bad = new ChangeProfile { DisplayName = "" };

        Assert.Equal(("unauthenticated", 0), await Send(bad, null));
        Assert.Equal(("validation_failed", 0), await Send(bad, Role.User));
        Assert.Equal(("unauthenticated", 0), await Send(new CheckToken(), null));
        Assert.Equal((null, 0), await Send(new CheckToken(), Role.User));
    }

    private static async Task<(string? Code, int Transactions)> Send<T>(IUseCase<T> useCase, Role? role)
    {
        var transaction = new CountedTransaction();
        await using var services = new ServiceCollection()
            .AddApplication()
            .AddSingleton<ICurrentUser>(new Caller(role))
            .AddSingleton<ITransaction>(transaction)
            .AddSingleton<IRequestKey>(new RequestKey())
            .AddSingleton<IIdempotencyStore>(new RequestKey())
            .AddSingleton<IQueryCache>(new NoCache())
            .AddSingleton<ICacheReport>(new NoCache())
            .BuildServiceProvider();
        await using var scope = services.CreateAsyncScope();
        var result = await scope.ServiceProvider.GetRequiredService<ISender>().Send(useCase, CancellationToken.None);
        return (result.Error?.Code, transaction.Count);
    }

    private static async Task<string?> Authorise<TRequest>(TRequest request, Role? role)
    {
        var handled = false;
        var result = await new AuthorisationBehaviour<TRequest, Result<Unit>>(new Caller(role))
            .Handle(request, CancellationToken.None, Next(() => handled = true));
        Assert.Equal(handled, result.IsSuccess);
        return result.Error?.Code;
    }

    private static ServiceProvider Services(ITransaction transaction, IIdempotencyStore answers) =>
        new ServiceCollection().AddSingleton(transaction).AddSingleton(answers).BuildServiceProvider();

    private static async Task<int> Transactions<TRequest>(TRequest request)
        where TRequest : ICommand
    {
        var (transaction, handled) = (new CountedTransaction(), 0);
        await new TransactionBehaviour<TRequest, Result<Unit>>(Services(transaction, new RequestKey()), new RequestKey())
            .Handle(request, CancellationToken.None, Next(() => handled++));
        Assert.Equal(1, handled);
        return transaction.Count;
    }

    private static MediatR.RequestHandlerDelegate<Result<Unit>> Next(Action note) => () =>
    {
        note();
        return Task.FromResult<Result<Unit>>(Unit.Value);
    };

    private static string[] Field(Error error, string name) =>
        error.Fields.Single(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    [Anonymous]
    private sealed record Open : ICommand<Unit>, IOwnTransaction;

    [Authenticated]
    private sealed record SignedIn : ICommand<Unit>
    {
        public int Amount { get; init; }
        public string Name { get; init; } = "";
    }

    [Authenticated]
    private sealed record Paying : ICommand<Unit>, INeedsIdempotencyKey;

    [RequirePermission(Permissions.UsersRead)]
    private sealed record Privileged : IQuery<Unit>;

    private sealed record Forgotten : IQuery<Unit>;

    [Anonymous]
    [Authenticated]
    private sealed record Contradictory : IQuery<Unit>;
}
