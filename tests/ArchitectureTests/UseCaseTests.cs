using System.Reflection;
using AutoMapper;
using AutoMapper.Internal;
using FluentValidation;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application;
using Portico.Application.Common.Behaviours;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;
using ISender = Portico.Application.Common.Messaging.ISender;

namespace Portico.ArchitectureTests;

public sealed class UseCaseTests
{
    private const string Root = "Portico.Application.";

    // Of these every value makes sense; one that fits no record is refused when the record is looked for.
    private static readonly Type[] AlwaysValid = [typeof(Guid), typeof(bool), typeof(IfMatch)];

    private static readonly Type[] Types = [.. Solution.TypesOf(Solution.Application)];

    [Fact]
    public void There_are_use_cases_to_judge() => Assert.True(Solution.UseCases.Length >= 9);

    [Fact]
    public void Every_use_case_is_sealed_and_public() => Solution.AssertNone(
        from useCase in Solution.UseCases
        where useCase is not { IsSealed: true, IsPublic: true }
        select useCase.Name);

    [Fact]
    public void Every_use_case_is_found_by_its_name_in_the_folder_of_its_feature() => Solution.AssertNone(
        from useCase in Solution.UseCases
        let feature = useCase.Namespace![Root.Length..]
        let path = Path.Combine([Solution.Folder("Application"), .. feature.Split('.')])
        where feature.StartsWith("Common", StringComparison.Ordinal)

                || !(
                    File.Exists(Path.Combine(path, $"{useCase.Name}.cs"))
                        || File.Exists(Path.Combine(path, useCase.Name, $"{useCase.Name}.cs")))
        select useCase.FullName);

    [Fact]
    public void Every_use_case_is_either_a_command_or_a_query() => Solution.AssertNone(
        from useCase in Solution.UseCases
        where Solution.IsClosed(useCase, typeof(ICommand<>)) == Solution.IsClosed(useCase, typeof(IQuery<>))
        select useCase.Name);

    [Fact]
    public void Queries_are_named_after_what_they_read() => Solution.AssertNone(
        from useCase in Solution.UseCases
        where Solution.IsClosed(useCase, typeof(IQuery<>))
        where !Array.Exists(["Get", "List", "Check"], verb => useCase.Name.StartsWith(verb, StringComparison.Ordinal))
        select useCase.Name);

    [Fact]
    public void Only_a_command_can_open_its_own_transaction() => Solution.AssertNone(
        from type in Types
        where typeof(IOwnTransaction).IsAssignableFrom(type) && type.IsClass && !typeof(ICommand).IsAssignableFrom(type)
        select type.Name);

    // The ledger keeps the answers to its own; for any other such command a key would be taken and mean nothing.
    [Fact]
    public void Every_post_for_which_a_key_counts_is_answered_once() => Solution.AssertNone(
        from controller in Solution.TypesOf(Solution.WebApi)
        where !controller.IsDefined(typeof(IgnoresIdempotencyKeyAttribute))
        from action in controller.GetMethods()
        where action.IsDefined(typeof(HttpPostAttribute)) && !action.IsDefined(typeof(IgnoresIdempotencyKeyAttribute))
        from sent in action.GetCustomAttributes<UseCaseAttribute>()
            .Select(declared => declared.UseCase)
            .Concat(action.GetParameters().Select(parameter => parameter.ParameterType))
        where typeof(IOwnTransaction).IsAssignableFrom(sent) && !typeof(INeedsIdempotencyKey).IsAssignableFrom(sent)
        select $"{action.Name} sends {sent.Name}");

    [Fact]
    public void Every_use_case_says_who_may_send_it() => Solution.AssertNone(
        from useCase in Solution.UseCases
        where useCase.GetCustomAttributes<AccessAttribute>().Count() != 1
        select useCase.Name);

    [Fact]
    public void A_required_permission_is_one_that_exists() => Solution.AssertNone(
        from useCase in Solution.UseCases
        from required in useCase.GetCustomAttributes<RequirePermissionAttribute>()
        where !Permissions.All.Contains(required.Permission, StringComparer.Ordinal)
        select $"{useCase.Name} requires {required.Permission}");

    [Fact]
    public void Every_use_case_has_one_handler_named_after_it() => Solution.AssertNone(
        from useCase in Solution.UseCases
        let handlers = Types.Where(
            type => Solution.Closed(type, typeof(IRequestHandler<,>)) is { } contract && contract.GetGenericArguments()[0] == useCase)
            .ToArray()
        where handlers.Length != 1 || handlers[0] is not { IsSealed: true, IsNotPublic: true } handler
            || handler.Name != $"{useCase.Name}Handler" || handler.Namespace != useCase.Namespace
        select $"{useCase.Name}: {string.Join(", ", handlers.Select(handler => handler.Name))}");

    [Fact]
    public void Handlers_are_command_or_query_handlers() => Solution.AssertNone(
        from type in Solution.Types
        where type.IsClass && Solution.IsClosed(type, typeof(IRequestHandler<,>))
        where !Solution.IsClosed(type, typeof(ICommandHandler<,>)) && !Solution.IsClosed(type, typeof(IQueryHandler<,>))
        select type.FullName);

    [Fact]
    public void Handlers_send_no_requests() => Solution.AssertNone(
        from type in Types
        where type.IsClass && Solution.IsClosed(type, typeof(IRequestHandler<,>))
        from parameter in type.GetConstructors().SelectMany(constructor => constructor.GetParameters())
        where parameter.ParameterType == typeof(ISender) || typeof(IMediator).IsAssignableFrom(parameter.ParameterType)
            || parameter.ParameterType == typeof(IServiceProvider)
        select $"{type.Name} takes {parameter.ParameterType.Name}");

    [Fact]
    public void A_validator_is_named_after_its_use_case() => Solution.AssertNone(
        from type in Types
        where !type.IsAbstract && Solution.Closed(type, typeof(IValidator<>)) is not null
        let validated = Solution.Closed(type, typeof(IValidator<>))!.GetGenericArguments()[0]
        where type is not { IsSealed: true, IsNotPublic: true }
            || type.Name != $"{validated.Name}Validator"
            || type.Namespace != validated.Namespace
        select type.Name);

    [Fact]
    public void Every_command_with_input_has_one_validator() => Solution.AssertNone(
        from useCase in Solution.UseCases
        where typeof(ICommand).IsAssignableFrom(useCase)
        where useCase.GetProperties()
            .Any(property => property.SetMethod is { IsPublic: true } && !Array.Exists(AlwaysValid, type => type == property.PropertyType))
        where Types.Count(
            type => Solution.Closed(type, typeof(IValidator<>)) is { } contract && contract.GetGenericArguments()[0] == useCase) != 1
        select useCase.Name);

    [Fact]
    public void Every_request_answers_a_result() => Solution.AssertNone(
        from type in Solution.Types
        where type.IsClass && typeof(IBaseRequest).IsAssignableFrom(type)
        let answer = Solution.Closed(type, typeof(IRequest<>))?.GetGenericArguments()[0]
        where answer is null || !answer.IsGenericType || answer.GetGenericTypeDefinition() != typeof(Result<>)
        select type.FullName);

    [Fact]
    public void Every_request_passes_the_whole_pipeline_in_order()
    {
        Type[] always = [typeof(TracingBehaviour<,>), typeof(AuthorisationBehaviour<,>), typeof(ValidationBehaviour<,>)];
        using var services = Services();
        using var scope = services.CreateScope();

        Assert.All(Solution.UseCases, useCase =>
        {
            var answer = Solution.Closed(useCase, typeof(IRequest<>))!.GetGenericArguments()[0];
            var behaviours = scope.ServiceProvider.GetServices(typeof(IPipelineBehavior<,>).MakeGenericType(useCase, answer));
            Type last = typeof(ICommand).IsAssignableFrom(useCase) ? typeof(TransactionBehaviour<,>) : typeof(CachingBehaviour<,>);
            Assert.Equal([.. always, last], behaviours.Select(behaviour => behaviour!.GetType().GetGenericTypeDefinition()));
        });
    }

    [Fact]
    public void Only_queries_are_cached_for_a_minute_at_most_and_say_what_they_depend_on() => Solution.AssertNone(
        from type in Types
        where type.IsDefined(typeof(CachedAttribute)) || type.IsDefined(typeof(DependsOnAttribute))
        where !Solution.IsClosed(type, typeof(IQuery<>)) || !type.IsDefined(typeof(DependsOnAttribute))
            || type.GetCustomAttribute<CachedAttribute>()?.Lifetime is not { TotalSeconds: >= 1 and <= 60 }


                    || type.GetCustomAttributes<DependsOnAttribute>()
                        .Any(dependency => dependency.Properties.Any(property => dependency.Record.GetProperty(property) is null))
        select type.Name);

    [Fact]
    public void A_cached_query_is_answered_the_same_for_everybody() => Solution.AssertNone(
        from useCase in Solution.UseCases
        where useCase.IsDefined(typeof(CachedAttribute))
        from handler in Types.Where(
            type => Solution.Closed(type, typeof(IRequestHandler<,>)) is { } contract && contract.GetGenericArguments()[0] == useCase)
        from parameter in handler.GetConstructors().SelectMany(constructor => constructor.GetParameters())
        where parameter.ParameterType == typeof(ICurrentUser) || parameter.ParameterType == typeof(IClient)
        select $"{handler.Name} takes {parameter.ParameterType.Name}");

    [Fact]
    public void Every_mapping_fills_every_member()
    {
        using var services = Services();

        services.GetRequiredService<IConfigurationProvider>().AssertConfigurationIsValid();
    }

    [Fact]
    public void Mappings_make_data_transfer_objects_only()
    {
        using var services = Services();

        Solution.AssertNone(services.GetRequiredService<IConfigurationProvider>().Internal().GetAllTypeMaps()
            .Where(map => !map.DestinationType.Name.EndsWith("Dto", StringComparison.Ordinal))
            .Select(map => $"{map.SourceType.Name} to {map.DestinationType.Name}"));
    }

    private static ServiceProvider Services() => new ServiceCollection()
        .AddApplication()
        .AddSingleton(DispatchProxy.Create<ICurrentUser, Nobody>())
        .AddSingleton(DispatchProxy.Create<ITransaction, Nobody>())
        .AddSingleton(DispatchProxy.Create<IRequestKey, Nobody>())
        .AddSingleton(DispatchProxy.Create<IIdempotencyStore, Nobody>())
        .AddSingleton(DispatchProxy.Create<IQueryCache, Nobody>())
        .AddSingleton(DispatchProxy.Create<ICacheReport, Nobody>())
        .BuildServiceProvider();

    // Stands in for ports that are resolved and never called; DispatchProxy extends it.
    public class Nobody : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new NotSupportedException();
    }
}
