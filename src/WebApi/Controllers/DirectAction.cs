using System.Linq.Expressions;
using System.Reflection;
using Asp.Versioning;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Portico.WebApi.Http;

namespace Portico.WebApi.Controllers;

/// <summary>Runs an action whose only parameter is its JSON body without the filters, binders and formatters of MVC.</summary>
/// <remarks>
/// They take a sixth of a transfer. The action is declared as every other one, and answers the same. A request with another media type, an
/// encoded body or an <c>Accept</c> that names anything but JSON goes through MVC.
/// </remarks>
internal sealed class DirectAction
{
    private const string ModelStateFilter = "Microsoft.AspNetCore.Mvc.Infrastructure.ModelStateInvalidFilterFactory";

    private readonly RequestDelegate _mvc;
    private readonly Type _body;
    private readonly AccessConvention.AccessFilter? _access;
    private readonly IReportApiVersions _reporter;
    private readonly ApiVersionModel _versions;
    // Compiled at the first request: there are dozens of actions, and a start waits for all of them.
    private readonly Lazy<CompiledAction> _action;

    private DirectAction(ControllerActionDescriptor action, Type body, RequestDelegate mvc, IReportApiVersions reporter)
    {
        (_mvc, _body, _reporter) = (mvc, body, reporter);
        _versions = (action.EndpointMetadata.OfType<ApiVersionMetadata>().FirstOrDefault() ?? ApiVersionMetadata.Empty)
            .Map(reporter.Mapping);
        _access = action.FilterDescriptors.Select(filter => filter.Filter).OfType<AccessConvention.AccessFilter>().SingleOrDefault();
        _action = new Lazy<CompiledAction>(() => CompiledAction.Of(action, body));
    }

    /// <summary>Replaces how MVC runs an endpoint where that is possible.</summary>
    public static void Apply(EndpointBuilder endpoint)
    {
        if (endpoint is not { RequestDelegate: { } mvc }
            || endpoint.Metadata.OfType<ControllerActionDescriptor>().FirstOrDefault() is not { } action
            || action.Parameters is not [ControllerParameterDescriptor { BindingInfo: { } binding, ParameterInfo: var parameter }]
            || binding.BindingSource != BindingSource.Body
            || new NullabilityInfoContext().Create(parameter).WriteState != NullabilityState.NotNull
            || ResultOf(action.MethodInfo) is null
            || action.FilterDescriptors.Any(filter => !IsDoneHere(filter.Filter)))
            return;
        var reporter = endpoint.ApplicationServices.GetRequiredService<IReportApiVersions>();
        endpoint.RequestDelegate = new DirectAction(action, parameter.ParameterType, mvc, reporter).InvokeAsync;
    }

    // What these filters of MVC do is done below, or is not needed. An action with any other one runs in MVC.
    private static bool IsDoneHere(IFilterMetadata filter) =>
        filter is AcceptFilter or NextLinkFilter or EntityTagFilter or AccessConvention.AccessFilter
            or ApiControllerAttribute or ProducesResponseTypeAttribute or UnsupportedContentTypeFilter
        || filter is ServiceFilterAttribute { ServiceType: var service } && service == typeof(ReportApiVersionsAttribute)
        || filter.GetType().FullName == ModelStateFilter;

    private Task InvokeAsync(HttpContext context) => IsPlain(context.Request) ? RunAsync(context) : _mvc(context);

    private async Task RunAsync(HttpContext context)
    {
        if (_access?.Refuse(context) is { } denied)
        {
            await context.Refuse(denied);
            return;
        }

        var (body, wrong) = JsonBody.Bind(await JsonBody.ReadAsync(context), _body, ApiJson.Options);
        if (wrong is not null)
        {
            await context.Refuse(wrong);
            return;
        }

        _reporter.Report(context.Response, _versions);
        var action = _action.Value;
        var controller = (ControllerBase)action.Create(context.RequestServices, null);
        controller.ControllerContext = new ControllerContext { HttpContext = context };
        var answering = action.Call(controller, body!);
        await answering;
        var result = action.ResultOf(answering);
        await (result is ObjectResult { Value: not null } or StatusCodeResult
            ? new StoredAnswerResult(StoredAnswerResult.Store(result, context))
            : result).ExecuteResultAsync(controller.ControllerContext);
    }

    private static bool IsPlain(HttpRequest request) =>
        JsonBody.IsUsualType(request.ContentType)
        && request.Headers.ContentEncoding.Count == 0
        && request.Headers.Accept is [] or ["application/json" or "*/*"];

    // Task<ActionResult<T>> or Task<ActionResult>.
    private static Type? ResultOf(MethodInfo method) =>
        method.ReturnType is { IsGenericType: true } task && task.GetGenericTypeDefinition() == typeof(Task<>)
        && task.GetGenericArguments()[0] is var result
        && (result == typeof(ActionResult) || (result.IsGenericType && result.GetGenericTypeDefinition() == typeof(ActionResult<>)))
            ? result : null;

    /// <summary>How an action is called.</summary>
    /// <param name="Create">Creates the controller.</param>
    /// <param name="Call">Calls the action with its body.</param>
    /// <param name="ResultOf">Takes the result of a completed call: so no second task waits for the first.</param>
    private sealed record CompiledAction(ObjectFactory Create, Func<object, object, Task> Call, Func<Task, ActionResult> ResultOf)
    {
        public static CompiledAction Of(ControllerActionDescriptor action, Type body)
        {
            var method = action.MethodInfo;
            var (controller, value) = (Expression.Parameter(typeof(object)), Expression.Parameter(typeof(object)));
            var call = Expression.Call(Expression.Convert(controller, method.DeclaringType!), method, Expression.Convert(value, body));
            var task = Expression.Parameter(typeof(Task));
            Expression result = Expression.Property(Expression.Convert(task, method.ReturnType), nameof(Task<>.Result));
            if (result.Type.IsGenericType)
                result = Expression.Property(result, nameof(ActionResult<>.Result));
            return new CompiledAction(
                ActivatorUtilities.CreateFactory(action.ControllerTypeInfo, []),
                Expression.Lambda<Func<object, object, Task>>(call, controller, value).Compile(),
                Expression.Lambda<Func<Task, ActionResult>>(Expression.Convert(result, typeof(ActionResult)), task).Compile());
        }
    }
}
