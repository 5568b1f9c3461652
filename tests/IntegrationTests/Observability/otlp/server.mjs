// Takes what a telemetry exporter sends, and says in JSON what it got.
//
//   node server.mjs
//
// Prints {"port":…} once it listens, then a line for each span and log record. Ends with its standard input.
import { createServer } from 'node:http';
import protocol from '@opentelemetry/otlp-transformer/build/src/generated/root.js';

const { trace, logs } = protocol.opentelemetry.proto.collector;
const readers = {
  '/v1/traces': (body) => {
    const request = trace.v1.ExportTraceServiceRequest.decode(body);
    for (const { resource, scopeSpans } of request.resourceSpans) {
      for (const { scope, spans } of scopeSpans) spans.forEach((span) => say(spanOf(span, scope, resource)));
    }
  },
  '/v1/logs': (body) => {
    const request = logs.v1.ExportLogsServiceRequest.decode(body);
    for (const { resource, scopeLogs } of request.resourceLogs) {
      for (const { scope, logRecords } of scopeLogs) logRecords.forEach((record) => say(recordOf(record, scope, resource)));
    }
  },
};

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const read = readers[request.url];
  if (request.method !== 'POST' || request.headers['content-type'] !== 'application/x-protobuf' || !read) {
    say({ kind: 'refused', name: `${request.method} ${request.url}` });
    return response.writeHead(404).end();
  }
  read(Buffer.concat(chunks));
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
});
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
// After the last line has left: an exit at once would cut it.
process.stdin.resume().on('end', () => process.stdout.write('', () => process.exit(0)));

function spanOf(span, scope, resource) {
  return {
    kind: 'span',
    name: span.name,
    spanKind: span.kind,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentId: hex(span.parentSpanId),
    scope: scope.name,
    service: serviceOf(resource),
    attributes: attributes(span),
    // All that the span holds, for those who look for what must not be in it.
    text: JSON.stringify(span),
  };
}

function recordOf(record, scope, resource) {
  return {
    kind: 'log',
    name: record.body.stringValue,
    traceId: hex(record.traceId),
    spanId: hex(record.spanId),
    parentId: '',
    scope: scope.name,
    service: serviceOf(resource),
    attributes: attributes(record),
    text: JSON.stringify(record),
  };
}

function attributes(holder) {
  return Object.fromEntries(holder.attributes.map(({ key, value }) => [key, JSON.stringify(plain(value))]));
}

function serviceOf(resource) {
  return plain(resource.attributes.find(({ key }) => key === 'service.name').value);
}

function plain(value) {
  if (value.arrayValue) return value.arrayValue.values.map(plain);
  // A number of 64 bits is an object here.
  if (value.intValue != null) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? null;
}

function hex(bytes) {
  return Buffer.from(bytes ?? []).toString('hex');
}

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
