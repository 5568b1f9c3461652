// The contract, read from the proto itself.
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const options = { keepCase: false, longs: String, enums: String, defaults: true, oneofs: true };

/** Reads the service from the folder of protos. */
export const load = folder => grpc.loadPackageDefinition(
    protoLoader.loadSync('orders/v1/orders.proto', { ...options, includeDirs: [folder] })).portico.orders.v1.Orders;
