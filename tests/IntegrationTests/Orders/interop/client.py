"""Places, reads and watches an order as a service in another language would.

Reads {"descriptors","address","token","productId","total","orderId"} from standard input and writes what it saw as JSON.
"""
import json
import sys

import grpc

from contract import PREFIX, load

given = json.load(sys.stdin)
message = load(given["descriptors"])
STATUS = {0: "UNSPECIFIED", 1: "PENDING", 2: "PLACED", 3: "CANCELLED"}


def headers(token):
    return [("authorization", f"Bearer {token}")] if token else []


def unary(channel, name, request, answer, token=given["token"]):
    call = channel.unary_unary(
        PREFIX + name, request_serializer=lambda it: it.SerializeToString(), response_deserializer=message(answer).FromString)
    try:
        return call(request, metadata=headers(token), timeout=20)
    except grpc.RpcError as error:
        return {
            "status": error.code().name,
            "hasDetails": any(key == "grpc-status-details-bin" for key, _ in error.trailing_metadata()),
        }


with grpc.insecure_channel(given["address"]) as channel:
    watch = channel.unary_stream(
        PREFIX + "WatchOrders",
        request_serializer=lambda it: it.SerializeToString(),
        response_deserializer=message("OrderChange").FromString)
    stream = watch(message("WatchOrdersRequest")(), metadata=headers(given["token"]), timeout=20)
    changes = ["START" if not next(stream).HasField("order") else "?"]

    request = message("PlaceOrderRequest")(order_id=given["orderId"])
    request.lines.add(product_id=given["productId"], quantity=2)
    request.expected_total.amount = given["total"]
    request.expected_total.currency = "EUR"
    placed = unary(channel, "PlaceOrder", request, "Order")
    repeated = unary(channel, "PlaceOrder", request, "Order")
    changes.append(STATUS[next(stream).order.status])
    stream.cancel()

    get = message("GetOrderRequest")
    read = unary(channel, "GetOrder", get(order_id=given["orderId"]), "Order")
    listed = unary(channel, "ListOrders", message("ListOrdersRequest")(), "ListOrdersResponse")
    print(json.dumps({
        "placed": {"id": placed.id, "status": STATUS[placed.status], "total": placed.total.amount},
        "isRepeatTheSame": placed == repeated,
        "read": {"id": read.id, "status": STATUS[read.status], "total": read.total.amount},
        "listed": [order.id for order in listed.orders],
        "changes": changes,
        "withoutToken": unary(channel, "GetOrder", get(order_id=given["orderId"]), "Order", token=None),
        "invalid": unary(channel, "GetOrder", get(order_id="x"), "Order"),
    }))
