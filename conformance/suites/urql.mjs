// The core of urql; subscriptions over the WebSocket and over fetch.
import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import {
  ENDPOINT,
  MUTATION,
  QUERY,
  SHORT_SUBSCRIPTION,
  SUBSCRIPTION,
  assert,
  authorizedFetch,
  need,
  socketClient,
  startTrigger,
  suite,
  within,
} from './harness.mjs';

const clientOf = (options = {}) =>
  new Client({
    url: ENDPOINT,
    fetch: authorizedFetch,
    preferGetMethod: false,
    exchanges: [cacheExchange, fetchExchange],
    ...options,
  });

const firstValue = (source) => {
  const value = new Promise((resolve) => {
    const subscription = source.subscribe((result) => {
      resolve(result);
      setTimeout(() => subscription.unsubscribe(), 0);
    });
  });
  return within(value, 12_000, 'value');
};

await suite('urql', {
  query: async () => {
    const result = await clientOf().query(gql(QUERY), {}).toPromise();
    assert(result.data && !result.error, String(result.error));
  },
  mutation: async () => {
    const result = await clientOf().mutation(gql(MUTATION), {}).toPromise();
    assert(result.data && !result.error, String(result.error));
  },
  'query over GET': async () => {
    const result = await clientOf({ preferGetMethod: 'force' }).query(gql(QUERY), {}).toPromise();
    assert(result.data && !result.error, String(result.error));
  },
  'a validation error is a GraphQL error': async () => {
    const result = await clientOf().query(gql('query V { noSuchField }'), {}).toPromise();
    assert(result.error?.graphQLErrors?.length, String(result.error));
  },
  'subscription over the WebSocket': async () => {
    need(SUBSCRIPTION, 'subscription');
    const stop = startTrigger();
    const socket = socketClient();
    const forwardSubscription = (request) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query || '' }, sink) }),
    });
    try {
      const client = clientOf({ exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription })] });
      const result = await firstValue(client.subscription(gql(SUBSCRIPTION), {}));
      assert(result.data && !result.error, String(result.error));
    } finally {
      stop();
      await socket.dispose();
    }
  },
  'subscription over fetch': async () => {
    const subscription = need(SHORT_SUBSCRIPTION, 'short-subscription');
    const stop = startTrigger();
    try {
      const client = clientOf({ fetchSubscriptions: true });
      const result = await firstValue(client.subscription(gql(subscription), {}));
      assert(result.data && !result.error, String(result.error));
    } finally {
      stop();
    }
  },
});
process.exit(0);
