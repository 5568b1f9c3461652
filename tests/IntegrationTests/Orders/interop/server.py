"""Serves the contract as a team with another language would: one order, a stream of two changes, and an error.

Takes the descriptor set as its argument, writes {"port"} when it serves, and ends when its standard input closes.
"""
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

from contract import PREFIX, load

KNOWN = "0199c2a7-63b1-7c6b-a7c1-0b5f3b7e9d11"
message = load(sys.argv[1])


def order(context):
    arrived = dict(context.invocation_metadata())
    answer = message("Order")(id=KNOWN, owner_id=KNOWN, status=2)
    answer.total.amount = "12.50"
    answer.total.currency = "EUR"
    # So that the test sees what arrived.
    deadline = context.time_remaining()
    for name in (arrived.get("authorization", ""), arrived.get("traceparent", ""), "deadline" if deadline else "no deadline"):
        answer.lines.add(name=name)
    return answer


def get_order(request, context):
    if request.order_id != KNOWN:
        context.abort(grpc.StatusCode.NOT_FOUND, "There is no such order.")
    return order(context)


def watch_orders(request, context):
    yield message("OrderChange")(position="1")
    yield message("OrderChange")(position="2", order=order(context))


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        options = {"response_serializer": lambda it: it.SerializeToString()}
        if details.method == PREFIX + "GetOrder":
            return grpc.unary_unary_rpc_method_handler(
                get_order, request_deserializer=message("GetOrderRequest").FromString, **options)
        if details.method == PREFIX + "WatchOrders":
            return grpc.unary_stream_rpc_method_handler(
                watch_orders, request_deserializer=message("WatchOrdersRequest").FromString, **options)
        return None


server = grpc.server(ThreadPoolExecutor(max_workers=4))
server.add_generic_rpc_handlers((Handler(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(json.dumps({"port": port}), flush=True)
sys.stdin.read()
server.stop(None)
