using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Currencies;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The supported currencies.</summary>
[Route("api/v{version:apiVersion}/currencies")]
[Tags("Money")]
public sealed class CurrenciesController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the currencies with their decimals</summary>
    /// <remarks>All of them in one answer; browsers may cache the list for an hour.</remarks>
    [HttpGet]
    [ResponseCache(Duration = 3600, Location = ResponseCacheLocation.Any)]
    [UseCase<ListCurrencies>]
    public Task<ActionResult<Page<CurrencyDto>>> List() => Answer(new ListCurrencies());
}
