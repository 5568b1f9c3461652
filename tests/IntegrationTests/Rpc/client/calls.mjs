// Makes calls as another service or as Envoy does. Reads {"address","protos","calls":[…]} from standard input and writes the answers.
// A call of Envoy is encoded by Envoy's own protos, so a mistake in Portico's copy would show.
import { createRequire } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const input = JSON.parse(await text(process.stdin));
const options = { keepCase: false, longs: String, enums: String, defaults: true, oneofs: true };
const deps = path.resolve(path.dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds')), '../../deps');
const envoy = ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds'].map(folder => path.join(deps, folder));
const load = (file, includeDirs) => grpc.loadPackageDefinition(protoLoader.loadSync(file, { ...options, includeDirs }));
const insecure = grpc.credentials.createInsecure();
const clients = {
    auth: new (load('portico/auth/v1/auth.proto', [input.protos]).portico.auth.v1.Auth)(input.address, insecure),
    envoy: new (load('envoy/service/auth/v3/external_auth.proto', envoy).envoy.service.auth.v3.Authorization)(input.address, insecure),
};
// The reason is text in a google.rpc.Status.
const detailsOf = metadata => metadata.get('grpc-status-details-bin').map(bytes => bytes.toString('latin1')).join();

const answers = [];
for (const { service, method, request, token, deadline = 20_000 } of input.calls) {
    const metadata = new grpc.Metadata();
    if (token)
        metadata.set('authorization', `Bearer ${token}`);
    answers.push(await new Promise(resolve => clients[service][method](
        request, metadata, { deadline: Date.now() + deadline },
        (error, answer) => resolve(error ? { status: grpc.status[error.code], details: detailsOf(error.metadata) } : answer))));
}
Object.values(clients).forEach(client => client.close());
console.log(JSON.stringify(answers));
