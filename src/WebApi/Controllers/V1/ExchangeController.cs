using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Exchange;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Exchange of money between currencies.</summary>
[Route("api/v{version:apiVersion}")]
[Tags("Exchange")]
public sealed class ExchangeController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the exchange rates</summary>
    [HttpGet("exchange-rates")]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<ExchangeRateDto>>> List([FromQuery] ListExchangeRates query) => Answer(query);

    /// <summary>Sets the exchange rate of a pair of currencies, for both directions</summary>
    [HttpPut("exchange-rates/{base}/{quote}")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<ExchangeRateDto>> Set(string @base, string quote, SetExchangeRate command) =>
        Answer(command with { Base = @base, Quote = quote });

    /// <summary>Offers an exchange between two wallets of the caller</summary>
    [HttpPost("exchanges/quotes")]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<ExchangeQuoteDto>> Quote(QuoteExchange command) => Answer(command);

    /// <summary>Accepts a quote: exchanges the money, once</summary>
    [HttpPost("exchanges")]
    [ProducesResponseType<ExchangeDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<ExchangeDto>> Exchange(ExchangeMoney command) =>
        AnswerCreated(command, exchange => $"/api/v1/exchanges/{exchange.Id}");

    /// <summary>Shows an exchange to its owner</summary>
    [HttpGet("exchanges/{id:guid}")]
    [UseCase<GetExchange>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<ExchangeDto>> Get(Guid id) => Answer(new GetExchange(id));
}
