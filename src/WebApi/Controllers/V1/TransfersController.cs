using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Ledger;
using Portico.Application.Transfers;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Transfers between wallets, deposits and withdrawals.</summary>
[Route("api/v{version:apiVersion}")]
[Tags("Transfers")]
public sealed class TransfersController(ISender sender) : ApiController(sender)
{
    /// <summary>Moves money from a wallet of the caller to any other wallet of the same currency</summary>
    [HttpPost("transfers")]
    [ProducesResponseType<TransferDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<TransferDto>> Post(PostTransfer command) => AnswerCreated(command, Address);

    /// <summary>Makes up to 100 transfers from wallets of the caller: all of them or none</summary>
    [HttpPost("transfers/batch")]
    [ProducesResponseType<TransferBatchDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<TransferBatchDto>> PostBatch(PostTransfers command) =>
        AnswerCreated(command, batch => Address(batch.Transfers[0]));

    /// <summary>Shows a transfer to its parties</summary>
    [HttpGet("transfers/{id:guid}")]
    [UseCase<GetTransfer>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<TransferDto>> Get(Guid id) => Answer(new GetTransfer(id));

    /// <summary>Proves to the parties of a transfer that it is in the hash chain</summary>
    /// <remarks>
    /// The receipt can be verified without Portico. A transfer is sealed some seconds after it was made; until then the answer is 409
    /// `receipt_pending`.
    /// </remarks>
    [HttpGet("transfers/{id:guid}/receipt")]
    [UseCase<GetReceipt>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<ReceiptDto>> GetReceipt(Guid id) => Answer(new GetReceipt(id));

    /// <summary>Reverses a transfer, completely or in part</summary>
    /// <remarks>In total never more than the transfer. Deposits, withdrawals and captures can be reversed too.</remarks>
    [HttpPost("transfers/{id:guid}/reverse")]
    [ProducesResponseType<TransferDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<TransferDto>> Reverse(Guid id, [FromBody] ReverseTransfer? command) =>
        AnswerCreated((command ?? new ReverseTransfer()) with { Id = id }, Address);

    /// <summary>Deposits money from outside into any wallet</summary>
    [HttpPost("deposits")]
    [ProducesResponseType<TransferDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<TransferDto>> Deposit(DepositMoney command) => AnswerCreated(command, Address);

    /// <summary>Withdraws money from any wallet</summary>
    [HttpPost("withdrawals")]
    [ProducesResponseType<TransferDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<TransferDto>> Withdraw(WithdrawMoney command) => AnswerCreated(command, Address);

    private static string Address(TransferDto transfer) => $"/api/v1/transfers/{transfer.Id}";
}
