// Places, reads and watches an order as a service in another language would.
// Reads {"protos","address","token","productId","total","orderId"} from standard input and writes what it saw as JSON.
import { text } from 'node:stream/consumers';
import grpc from '@grpc/grpc-js';
import { load } from './contract.mjs';

const input = JSON.parse(await text(process.stdin));
const Orders = load(input.protos);
const client = new Orders(input.address, grpc.credentials.createInsecure());
const metadata = token => {
    const values = new grpc.Metadata();
    if (token)
        values.set('authorization', `Bearer ${token}`);
    return values;
};
const deadline = () => ({ deadline: Date.now() + 20_000 });

const call = (method, request, token = input.token) => new Promise(resolve =>
    client[method](request, metadata(token), deadline(), (error, answer) => resolve(error
        ? { status: grpc.status[error.code], hasDetails: error.metadata.get('grpc-status-details-bin').length === 1 }
        : answer)));

const stream = client.watchOrders({}, metadata(input.token), deadline());
const changes = [];
const watched = new Promise((resolve, reject) => {
    stream.on('error', error => error.code === grpc.status.CANCELLED ? resolve() : reject(error));
    stream.on('data', change => {
        changes.push(change.order?.status ?? 'START');
        if (changes.length === 2)
            stream.cancel();
        else
            placing();
    });
});
let placing;
const begun = new Promise(resolve => { placing = resolve; });
await begun;

const request = {
    orderId: input.orderId,
    lines: [{ productId: input.productId, quantity: 2 }],
    expectedTotal: { amount: input.total, currency: 'EUR' },
};
const placed = await call('placeOrder', request);
const repeated = await call('placeOrder', request);
await watched;
const output = {
    placed,
    isRepeatTheSame: JSON.stringify(placed) === JSON.stringify(repeated),
    read: await call('getOrder', { orderId: input.orderId }),
    listed: (await call('listOrders', {})).orders.map(order => order.id),
    changes,
    withoutToken: await call('getOrder', { orderId: input.orderId }, null),
    invalid: await call('getOrder', { orderId: 'x' }),
};
client.close();
console.log(JSON.stringify(output));
