// The check of bearer tokens for a server on Node, as Bilten does it: signature, issuer, audience and times, a bounded
// memory of what was verified, and the account behind the token read from the database at each request.
import { createHash, createPublicKey, verify } from 'node:crypto';

const key = createPublicKey({ key: JSON.parse(process.env.BENCH_JWK), format: 'jwk' });
const { BENCH_ISSUER: issuer, BENCH_AUDIENCE: audience } = process.env;
const LEEWAY = 30, REMEMBERED = 10_000;
const known = new Map();

const refuse = (reason) => {
  throw Object.assign(new Error(`The token is not accepted: ${reason}.`), { statusCode: 401 });
};
const json = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

function verified(token) {
  const parts = token.split('.');
  if (parts.length !== 3) refuse('malformed');
  if (json(parts[0]).alg !== 'EdDSA') refuse('algorithm not allowed');
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!verify(null, signed, key, Buffer.from(parts[2], 'base64url'))) refuse('wrong signature');
  const claims = json(parts[1]);
  if (claims.iss !== issuer) refuse('wrong issuer');
  if (![claims.aud].flat().includes(audience)) refuse('wrong audience');
  if (typeof claims.sub !== 'string' || typeof claims.exp !== 'number') refuse('incomplete');
  return claims;
}

function claimsOf(token) {
  const now = Date.now() / 1000, digest = createHash('sha256').update(token).digest('base64');
  let claims = known.get(digest);
  if (claims) known.delete(digest);
  else claims = verified(token);
  if (claims.exp + LEEWAY <= now) refuse('expired');
  if (Math.max(claims.iat ?? 0, claims.nbf ?? 0) > now + LEEWAY) refuse('not yet valid');
  known.set(digest, claims);
  if (known.size > REMEMBERED) known.delete(known.keys().next().value);
  return claims;
}

export async function viewerOf(authorization, query) {
  if (!authorization) return null;
  if (!/^bearer /i.test(authorization)) refuse('malformed');
  const [account] = await query('select id, email, name from users where id = $1', [claimsOf(authorization.slice(7)).sub]);
  return account ?? refuse('unknown account');
}

export function expectViewer(viewer, userId) {
  if (!viewer || viewer.id !== userId) throw new Error('Sign in as the user who registers.');
}
