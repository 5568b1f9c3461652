using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Portico.Application.Common.Json;

namespace Portico.WebApi.Http;

/// <summary>Reads a query parameter with the JSON rules, so that both are equally strict.</summary>
internal sealed class QueryValueBinder : IModelBinder
{
    public Task BindModelAsync(ModelBindingContext bindingContext)
    {
        var name = bindingContext.ModelName;
        var values = bindingContext.ValueProvider.GetValue(name);
        if (values == ValueProviderResult.None)
            return Task.CompletedTask;

        bindingContext.ModelState.SetModelValue(name, values);
        var type = bindingContext.ModelMetadata.UnderlyingOrModelType;
        if (values.Length > 1)
            bindingContext.ModelState.TryAddModelError(name, "Given more than once.");
        else if (TryRead(values.FirstValue ?? "", type, out var value))
            bindingContext.Result = ModelBindingResult.Success(value);
        else
            bindingContext.ModelState.TryAddModelError(name, value as string ?? JsonWords.Expected(type));
        return Task.CompletedTask;
    }

    private static bool TryRead(string text, Type type, out object? value)
    {
        try
        {
            var bare = type == typeof(bool) || (type.IsPrimitive && type != typeof(char)) || type == typeof(decimal);
            value = JsonSerializer.Deserialize(
                bare ? Encoding.UTF8.GetBytes(text) : JsonSerializer.SerializeToUtf8Bytes(text), type, ApiJson.Options);
            // JSON reads "-0" and " 5" too; here a number is written in one way only.
            return value is not null && (bare ? JsonSerializer.Serialize(value, type, ApiJson.Options) : value as string ?? text) == text;
        }
        catch (InvalidValueException refused)
        {
            value = refused.Message;
        }
        catch (JsonException)
        {
            value = null;
        }

        return false;
    }
}

/// <summary>Uses <see cref="QueryValueBinder"/> for every simple value.</summary>
internal sealed class QueryValueBinderProvider : IModelBinderProvider
{
    private static readonly HashSet<Type> Types =
    [
        typeof(string), typeof(bool), typeof(int), typeof(long), typeof(decimal), typeof(Guid), typeof(DateTimeOffset), typeof(DateOnly),
    ];

    public IModelBinder? GetBinder(ModelBinderProviderContext context)
    {
        var type = context.Metadata.UnderlyingOrModelType;
        return context.BindingInfo.BindingSource is { } source && source.CanAcceptDataFrom(BindingSource.Body) ? null
            : type.IsEnum || Types.Contains(type) ? new QueryValueBinder()
            : null;
    }
}
