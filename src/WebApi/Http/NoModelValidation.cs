using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Portico.WebApi.Http;

/// <summary>
/// Takes what was bound as it is, instead of walking through every object of a body: what fields may be is said by types and by the
/// validators of use cases.
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
            // A state that nobody has looked at counts as wrong.
            if (entry.ValidationState == ModelValidationState.Unvalidated)
                state.MarkFieldSkipped(key);
        }
    }
}
