using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Behaviours;
using Portico.Application.Common.Messaging;
using Portico.Application.Dashboard;
using Portico.Application.Forecasts;
using Portico.Application.Ledger;
using Portico.Application.Notifications;
using Portico.Application.Orders;
using Portico.Application.Payments;
using Portico.Application.Sessions;
using Portico.Application.SpendingLimits;
using Portico.Application.Users;

namespace Portico.Application;

/// <summary>Registers the services of the application layer.</summary>
public static class ApplicationRegistration
{
    private static readonly ConcurrentDictionary<MemberInfo, string> DisplayNames = new();

    /// <summary>Adds every use case, validator and mapping of this assembly, and the pipeline around them.</summary>
    public static IServiceCollection AddApplication(this IServiceCollection services)
    {
        var types = typeof(ApplicationRegistration).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsGenericTypeDefinition: false })
            .ToArray();
        // Validation errors name the fields as clients write them: in camelCase. The library would split a name into words in the messages.
        ValidatorOptions.Global.PropertyNameResolver = (_, member, _) => FieldOf(member);
        // The library asks for it at each validation.
        ValidatorOptions.Global.DisplayNameResolver = (_, member, _) => member is null ? null : DisplayNames.GetOrAdd(
            member, static field => field.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? FieldOf(field)!);
        AddImplementations(services, types, typeof(IRequestHandler<,>), ServiceLifetime.Transient);
        // Rules are expressions, which are expensive to build, and they hold no state of a request.
        AddImplementations(services, types, typeof(IValidator<>), ServiceLifetime.Singleton);

        services.AddScoped<ISender, MediatorSender>();
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(TracingBehaviour<,>));
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(AuthorisationBehaviour<,>));
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(ValidationBehaviour<,>));
        // The last two only take part where their constraints are met: the first of them in queries, the other in commands.
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(CachingBehaviour<,>));
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(TransactionBehaviour<,>));

        services.AddAutoMapper([typeof(ApplicationRegistration).Assembly], ServiceLifetime.Singleton);

        services.AddDashboard(types);

        services.AddScoped<CodeSender>();
        services.AddScoped<SignIn>();
        services.AddScoped<SecondFactorChallenges>();
        services.AddScoped<SecondFactorProof>();
        services.AddScoped<PasskeyProof>();
        services.AddScoped<FreshProof>();
        services.AddScoped<SessionContinuation>();
        services.AddScoped<ExternalSignIn>();
        services.AddScoped<ExternalLogins>();
        services.AddScoped<MoneyReceivers>();
        services.AddTransient<LedgerClient>();
        services.AddSingleton<OrderSteps>();
        services.AddScoped<IdempotentRequest>();
        services.AddScoped<OrderRequests>();
        services.AddScoped<PaymentSteps>();
        services.AddScoped<OpenEvents>();
        services.AddScoped<PasswordConfirmation>();
        services.AddScoped<UserAdministration>();
        services.AddScoped<MatchingSessions>();
        services.AddScoped<LimitAdministration>();
        return services;
    }

    private static string? FieldOf(MemberInfo? member) => member is null ? null : JsonNamingPolicy.CamelCase.ConvertName(member.Name);

    private static void AddImplementations(IServiceCollection services, Type[] types, Type open, ServiceLifetime lifetime)
    {
        foreach (var type in types)
        {
            foreach (var contract in type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == open))
                services.Add(new ServiceDescriptor(contract, type, lifetime));
        }
    }
}
