// The client of graphql-sse, one connection for each operation.
import { createClient } from 'graphql-sse';
import {
  ENDPOINT,
  MUTATION,
  QUERY,
  SHORT_SUBSCRIPTION,
  SUBSCRIPTION,
  assert,
  first,
  headers,
  last,
  need,
  startTrigger,
  suite,
  within,
} from './harness.mjs';

const using = (test) => async () => {
  const client = createClient({ url: ENDPOINT, headers, retryAttempts: 0 });
  const stop = startTrigger();
  try {
    await within(test(client), 15_000);
  } finally {
    stop();
    client.dispose();
  }
};

await suite('graphql-sse', {
  query: using(async (client) => {
    const result = await last(client, QUERY);
    assert(result?.data && !result.errors, JSON.stringify(result));
  }),
  mutation: using(async (client) => {
    const result = await last(client, MUTATION);
    assert(result?.data && !result.errors, JSON.stringify(result));
  }),
  'a subscription sends its first value': using(async (client) => {
    const result = await first(client, need(SUBSCRIPTION, 'subscription'));
    assert(result.data && !result.errors, JSON.stringify(result));
  }),
  'a subscription completes': using((client) => last(client, need(SHORT_SUBSCRIPTION, 'short-subscription'))),
  'validation errors reach the client': using(async (client) => {
    // As a result in the stream, or thrown as a list: both are how the protocol may deliver them.
    const errors = await last(client, '{ noSuchField }').then(
      (result) => result?.errors,
      (error) => (Array.isArray(error) ? error : null),
    );
    assert(errors?.[0]?.message, 'no errors were delivered');
  }),
});
process.exit(0);
