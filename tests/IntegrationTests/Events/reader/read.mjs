// node read.mjs SERVER STREAM COUNT: writes the first COUNT events of a stream as JSON.
import { AckPolicy, connect } from 'nats';

const [server, stream, count] = process.argv.slice(2);
const nats = await connect({ servers: server });
const manager = await nats.jetstreamManager();
await manager.consumers.add(stream, { durable_name: 'node', ack_policy: AckPolicy.Explicit });
const consumer = await nats.jetstream().consumers.get(stream, 'node');

const events = [];
const messages = await consumer.consume({ max_messages: 100 });
for await (const message of messages) {
  events.push({ subject: message.subject, id: message.headers.get('Nats-Msg-Id'), contentType: message.headers.get('Content-Type'), event: message.json() });
  message.ack();
  if (events.length === Number(count)) break;
}

await nats.drain();
process.stdout.write(JSON.stringify(events));
