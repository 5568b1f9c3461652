// Serves the contract as a team with another language would: one order, a stream of two changes, and an error with details.
// Takes the folder of protos as its argument, writes {"port"} when it serves, and ends when its standard input closes.
import grpc from '@grpc/grpc-js';
import { load } from './contract.mjs';

const known = '0199c2a7-63b1-7c6b-a7c1-0b5f3b7e9d11';
const order = call => ({
    id: known,
    ownerId: known,
    status: 'ORDER_STATUS_PLACED',
    total: { amount: '12.50', currency: 'EUR' },
    // So that the test sees what arrived.
    lines: [
        { name: String(call.metadata.get('authorization')[0] ?? '') },
        { name: String(call.metadata.get('traceparent')[0] ?? '') },
        { name: call.getDeadline() === Infinity ? 'no deadline' : 'deadline' },
    ],
});

const server = new grpc.Server();
server.addService(load(process.argv[2]).service, {
    getOrder: (call, answer) => call.request.orderId === known
        ? answer(null, order(call))
        : answer({ code: grpc.status.NOT_FOUND, details: 'There is no such order.' }),
    watchOrders: call => {
        call.write({ position: '1' });
        call.write({ position: '2', order: order(call) });
        call.end();
    },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error)
        throw error;
    console.log(JSON.stringify({ port }));
});
process.stdin.on('end', () => server.forceShutdown()).resume();
