"""The contract, read from a descriptor set, so that no code has to be generated."""
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PREFIX = "/portico.orders.v1.Orders/"


def load(path):
    """Returns a function that finds the class of a message by its name."""
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for one in files.file:
        pool.Add(one)
    factory = message_factory.MessageFactory(pool)
    return lambda name: factory.GetPrototype(pool.FindMessageTypeByName(f"portico.orders.v1.{name}"))
