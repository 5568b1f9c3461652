// Verifies a receipt without Portico: node verify-receipt.mjs RECEIPT.json PUBLIC_KEY, or HEADS.json instead of the key.
// Ends with 0 and "valid", or with 1 and what is wrong. docs/ledger.md explains the format.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const [file, trusted] = process.argv.slice(2);
if (!file || !trusted) fail('usage: node verify-receipt.mjs RECEIPT.json (PUBLIC_KEY | HEADS.json)');
const { format, transfer, privateHash, position, proof, head } = JSON.parse(readFileSync(file, 'utf8'));
const heads = existsSync(trusted) ? JSON.parse(readFileSync(trusted, 'utf8')).items : [];
if (format !== 1 || head.format !== 1) fail('unknown format');

// Each field is its length in four bytes and its text; a missing field has the length 2^32 - 1. The first byte says what is hashed.
function hash(kind, fields) {
  const sha = createHash('sha256').update(Buffer.of(kind));
  for (const field of fields) {
    const text = field == null ? null : Buffer.from(String(field));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text?.length ?? 0xffffffff);
    sha.update(length).update(text ?? '');
  }
  return sha.digest();
}

// The Merkle tree of RFC 9162, section 2.1.3.2.
function root(leaf, index, leaves, path) {
  let [at, last, result] = [index, leaves - 1, leaf];
  if (at < 0 || at > last) fail('the position is outside of the block');
  for (const sibling of path.map((hex) => Buffer.from(hex, 'hex'))) {
    if (last === 0) fail('the proof is too long');
    const isRight = at % 2 === 1 || at === last;
    result = createHash('sha256').update(Buffer.of(1)).update(isRight ? sibling : result).update(isRight ? result : sibling).digest();
    if (isRight) while (at % 2 === 0 && at !== 0) [at, last] = [at >> 1, last >> 1];
    [at, last] = [at >> 1, last >> 1];
  }
  if (last !== 0) fail('the proof is too short');
  return result;
}

const leaf = hash(0, [
  transfer.id, transfer.kind, transfer.sourceId, transfer.destinationId, transfer.currency, transfer.amount, transfer.operationId,
  transfer.reversesId, transfer.holdId, transfer.description, transfer.recordedAt, privateHash]);
if (root(leaf, position, head.journals, proof).toString('hex') !== head.root) fail('the transfer is not in the block');
const headHash = hash(2, [
  head.format, head.height, head.previousHash, head.root, head.journals, head.privateHash, head.sealedAt]).toString('hex');
if (headHash !== head.hash) fail('the head does not have its hash');
if (![trusted, ...heads.map((known) => known.publicKey)].includes(head.publicKey)) fail('the key is not one that you trust');
if (heads.some((known) => known.height === head.height && known.hash !== head.hash)) fail('you have another head of this height');
const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: head.publicKey }, format: 'jwk' });
const message = Buffer.from(`portico ledger head v1\n${head.height}\n${head.hash}`);
if (!verify(null, message, key, Buffer.from(head.signature, 'base64url'))) fail('the signature is wrong');
console.log(`valid: ${transfer.amount} minor units of ${transfer.currency}, journal ${position} of block ${head.height}, ${head.sealedAt}`);

function fail(reason) {
  console.error(`not valid: ${reason}`);
  process.exit(1);
}
