using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Portico.WebApi.Http;

/// <summary>
/// Switches off the validation of MVC, which would visit every object of a body: types and the validators of use cases check the
/// fields.
/// </summary>
internal sealed class NoModelValidation : IObjectModelValidator
{
    public void Validate(ActionContext actionContext, ValidationStateDictionary? validationState, string prefix, object? model)
    {
        var state = actionContext.ModelState;
        if (state.Count == 0)
            return;
        foreach (var (key, entry) in state.FindKeysWithPrefix(prefix))
        {
            // An unvalidated state counts as invalid.
            if (entry.ValidationState == ModelValidationState.Unvalidated)
                state.MarkFieldSkipped(key);
        }
    }
}
