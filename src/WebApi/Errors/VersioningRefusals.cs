using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Versioning;

namespace Portico.WebApi.Errors;

/// <summary>An address of a version that does not exist is an address that does not exist.</summary>
internal sealed class VersioningRefusals : IErrorResponseProvider
{
    public IActionResult CreateResponse(ErrorResponseContext context) => new RefusedResult(
        context.StatusCode == StatusCodes.Status405MethodNotAllowed ? EdgeRefusals.MethodNotAllowed : EdgeRefusals.NotFound);
}
