// graphql-ws: npm install graphql-ws graphql
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';

const session = { url: process.env.BILTEN_URL, token: process.env.BILTEN_TOKEN };

export const socket = createClient({
  url: session.url.replace(/^http/, 'ws'),
  // A browser can set no headers here: the token goes into the first message, and a new one into a new socket.
  connectionParams: () => (session.token ? { authorization: `Bearer ${session.token}` } : {}),
  // 4401 says that the token is not accepted, or no longer: renew it instead of trying again.
  shouldRetry: (event) => event?.code !== 4401,
});

/** The result of an operation that has one; refusals of the whole operation are thrown, as an array of errors. */
const run = (query, variables) =>
  new Promise((resolve, reject) => {
    let result;
    socket.subscribe(
      { query, variables },
      { next: (value) => (result = value), error: reject, complete: () => resolve(result) },
    );
  });

const LIKE = `
  mutation Like($input: UpdatePreferencesInput!) {
    updatePreferences(input: $input) { user { id version } problems { code message path retryable } }
  }
`;
const input = { favouriteCategories: ['festival'], idempotencyKey: crypto.randomUUID() };
const first = await run(LIKE, { input });
assert.deepEqual(first.data.updatePreferences.problems, []);
assert.deepEqual(await run(LIKE, { input }), first);

await assert.rejects(run('{ nothing }'), ([{ extensions }]) => extensions.code === 'BAD_USER_INPUT');

// The socket is closed when nobody needs it, and opened again for the next operation.
session.token = 'expired';
await assert.rejects(run('{ viewer { id } }'), { code: 4401, reason: 'The token is not accepted: malformed.' });
