// Apollo Client: what every server has to serve it with, then what a server may offer it.
import { createHash } from 'node:crypto';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import {
  ENDPOINT,
  FAILING,
  MUTATION,
  PAGE,
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

const http = (options = {}) => new HttpLink({ uri: ENDPOINT, fetch: authorizedFetch, ...options });
const clientOf = (link, cache = new InMemoryCache()) =>
  new ApolloClient({ link, cache, defaultOptions: { query: { fetchPolicy: 'network-only' } } });

/** The error of a query, whether it is thrown or returned. */
const errorOf = (query) =>
  clientOf(http())
    .query(query)
    .then(
      (result) => result.error,
      (error) => error,
    );

const firstValue = (observable) => {
  const value = new Promise((resolve, reject) => {
    const subscription = observable.subscribe({
      next: (result) => {
        resolve(result);
        setTimeout(() => subscription.unsubscribe(), 0);
      },
      error: reject,
      complete: () => reject(new Error('it ended without a value')),
    });
  });
  return within(value, 12_000, 'value');
};

await suite('apollo-client', {
  query: async () => {
    const result = await clientOf(http()).query({ query: gql(QUERY) });
    assert(result.data && !result.error);
  },
  mutation: async () => {
    const result = await clientOf(http()).mutate({ mutation: gql(MUTATION) });
    assert(result.data && !result.error);
  },
  'query over GET': async () => {
    const result = await clientOf(http({ useGETForQueries: true })).query({ query: gql(QUERY) });
    assert(result.data && !result.error);
  },
  'a validation error is a GraphQL error': async () => {
    const error = await errorOf({ query: gql('query V { noSuchField }') });
    assert(CombinedGraphQLErrors.is(error), `${error?.name}: ${error?.message}`);
  },
  'a wrong variable is a GraphQL error': async () => {
    const query = gql('query V($given: Boolean!) { __typename @include(if: $given) }');
    const error = await errorOf({ query, variables: { given: 'nope' } });
    assert(CombinedGraphQLErrors.is(error), `${error?.name}: ${error?.message}`);
  },
  'data and errors arrive together': async () => {
    const result = await clientOf(http()).query({ query: gql(FAILING), errorPolicy: 'all' });
    assert(CombinedGraphQLErrors.is(result.error), `${result.error?.name}`);
    assert(result.data, 'no data');
  },
  'pages merge in the cache': async () => {
    const typePolicies = { Query: { fields: { events: relayStylePagination() } } };
    const client = clientOf(http(), new InMemoryCache({ typePolicies }));
    const query = gql(PAGE);
    const variables = { count: 2 };
    const observed = client.watchQuery({ query, variables, fetchPolicy: 'cache-and-network' });
    const loaded = new Promise((resolve, reject) => {
      observed.subscribe({ next: (result) => result.dataState === 'complete' && resolve(result), error: reject });
    });
    const { events } = (await within(loaded, 9_000)).data;
    assert(events.pageInfo.hasNextPage, 'the demo data has more than one page');
    await observed.fetchMore({ variables: { ...variables, cursor: events.pageInfo.endCursor } });
    const merged = client.cache.readQuery({ query, variables });
    assert(merged.events.edges.length === events.edges.length + 2, `${merged.events.edges.length} edges`);
  },
  'objects are cached by their global ids': async () => {
    const client = clientOf(http());
    const result = await client.query({ query: gql(PAGE), variables: { count: 2 } });
    const { node } = result.data.events.edges[0];
    assert(`${node.__typename}:${node.id}` in client.cache.extract());
  },
  'subscription over the WebSocket': async () => {
    need(SUBSCRIPTION, 'subscription');
    const stop = startTrigger();
    const socket = socketClient();
    try {
      const link = new GraphQLWsLink(socket);
      const result = await firstValue(clientOf(link).subscribe({ query: gql(SUBSCRIPTION) }));
      assert(result.data && !result.error, result.error?.message);
    } finally {
      stop();
      await socket.dispose();
    }
  },
});

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** Runs a query through the link of persisted queries; gives how many requests it took. */
const requestsOfPersisted = async (query) => {
  let requests = 0;
  const countedFetch = (url, options) => {
    requests += 1;
    return authorizedFetch(url, options);
  };
  const link = new PersistedQueryLink({ sha256 }).concat(http({ fetch: countedFetch }));
  const result = await clientOf(link).query({ query: gql(query) });
  assert(result.data && !result.error, 'no data');
  return requests;
};

await suite('apollo-options', {
  'a persisted query falls back to the whole one': async () => {
    const requests = await requestsOfPersisted(QUERY);
    assert(requests <= 2, `${requests} requests`);
  },
  'a persisted query is known the second time': async () => {
    const query = QUERY.replace(/query\s+\w+/, 'query SentTwice');
    await requestsOfPersisted(query);
    const requests = await requestsOfPersisted(query);
    assert(requests === 1, `${requests} requests`);
  },
  'operations in a batch': async () => {
    const client = clientOf(
      new BatchHttpLink({ uri: ENDPOINT, fetch: authorizedFetch, batchMax: 3, batchInterval: 10 }),
    );
    const queries = [0, 1, 2].map((number) => gql(`query B${number} { b${number}: __typename }`));
    const results = await Promise.all(queries.map((query) => client.query({ query })));
    assert(results.every((result) => result.data));
  },
  'subscription over multipart HTTP': async () => {
    const subscription = need(SHORT_SUBSCRIPTION, 'short-subscription');
    const stop = startTrigger();
    try {
      const result = await firstValue(clientOf(http()).subscribe({ query: gql(subscription) }));
      assert(result.data && !result.error, result.error?.message);
    } finally {
      stop();
    }
  },
});
process.exit(0);
