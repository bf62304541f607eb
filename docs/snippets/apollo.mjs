// Apollo Client 4: npm install @apollo/client graphql rxjs
import assert from 'node:assert/strict';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';
import { filter, firstValueFrom, mergeMap, of, timer } from 'rxjs';

const session = { url: process.env.BILTEN_URL, token: process.env.BILTEN_TOKEN };

// Each operation goes out as whoever is signed in at that moment.
const signed = new SetContextLink(({ headers }) => ({
  headers: session.token ? { ...headers, authorization: `Bearer ${session.token}` } : headers,
}));

// What concerns the whole application, by code. Apollo hands the same errors to whoever asked.
const noticed = new ErrorLink(({ error }) => {
  if (!CombinedGraphQLErrors.is(error)) return; // There was no answer: the network.
  for (const { message, extensions } of error.errors) {
    if (extensions?.code === 'UNAUTHENTICATED') session.token = undefined; // Lead to the page for signing in.
    if (extensions?.code === 'INTERNAL') console.error(message, extensions.errorId); // For whoever runs the server.
  }
});

// Apollo's RetryLink sees broken connections only: it takes a 429 of this server for an answer, which it is.
const secondsToWait = ({ operationType, variables }, { errors = [] }) => {
  const busy = errors.find(({ extensions }) => ['RATE_LIMITED', 'UNAVAILABLE'].includes(extensions?.code));
  const harmless = operationType === 'query' || variables.input?.idempotencyKey;
  return busy && harmless ? busy.extensions.retryAfter : undefined;
};
const patient = new ApolloLink((operation, forward) => {
  let attempts = 0;
  const attempt = () =>
    forward(operation).pipe(
      mergeMap((result) => {
        const seconds = secondsToWait(operation, result);
        attempts += 1;
        return seconds && attempts < 4 ? timer(1_000 * seconds).pipe(mergeMap(attempt)) : of(result);
      }),
    );
  return attempt();
});

// Queries go out as GET with the hash of their text, and as POST with the text when the server does not know it.
const persisted = new PersistedQueryLink({
  useGETForHashedQueries: true,
  sha256: async (text) => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
});

export const client = new ApolloClient({
  link: ApolloLink.from([noticed, signed, patient, persisted, new HttpLink({ uri: session.url })]),
  cache: new InMemoryCache({
    typePolicies: {
      // Ids are unique over all types, so the cache needs no keyFields. Lists differ by filter and order.
      Query: { fields: { events: relayStylePagination(['filter', 'orderBy']) } },
      Organization: { fields: { events: relayStylePagination(['filter', 'orderBy']) } },
    },
  }),
});

const AGENDA = gql`
  query Agenda($count: Int!, $after: String, $filter: EventFilter) {
    events(first: $count, after: $after, filter: $filter) {
      edges {
        cursor
        node { id title startsAtLocal timezone ticketTiers { id name available } }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;
const REGISTER = gql`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      registration { id status quantity tickets { id code } }
      problems { code message path retryable }
    }
  }
`;
const CANCEL = gql`
  mutation Cancel($input: CancelRegistrationInput!) {
    cancelRegistration(input: $input) {
      registration { id status }
      problems { code message path retryable }
    }
  }
`;

// Two pages, which the cache joins. In React: useQuery(AGENDA, { variables }) and its fetchMore.
const variables = { count: 2, filter: { hasAvailability: true, startsAfter: new Date().toISOString() } };
const agenda = client.watchQuery({ query: AGENDA, variables });
const { data } = await firstValueFrom(agenda.pipe(filter(({ dataState }) => dataState === 'complete')));
assert.equal(data.events.edges.length, 2);
await agenda.fetchMore({ variables: { after: data.events.pageInfo.endCursor } });
const { edges } = client.readQuery({ query: AGENDA, variables }).events;
assert.equal(edges.length, 4);

// The key belongs to what the person wants: make it when the form opens, keep it while the form stays as it is.
const { node } = edges.find((edge) => edge.node.ticketTiers.some((tier) => tier.available > 0));
const ticketTier = node.ticketTiers.find((tier) => tier.available > 0);
const input = { eventId: node.id, ticketTierId: ticketTier.id, quantity: 1, idempotencyKey: crypto.randomUUID() };
const register = async () => (await client.mutate({ mutation: REGISTER, variables: { input } })).data.register;
const first = await register();
assert.deepEqual(first.problems, []);
assert.equal(first.registration.status, 'CONFIRMED');
const second = await register();
assert.equal(second.registration.id, first.registration.id);

// Refused by the rules: no error, but a problem that names the input field.
const { data: refused } = await client.mutate({
  mutation: REGISTER,
  variables: { input: { ...input, quantity: 0, idempotencyKey: crypto.randomUUID() } },
});
assert.deepEqual(refused.register.problems.map(({ code, path }) => [code, path[0]]), [['OUT_OF_RANGE', 'quantity']]);

const cancelled = await client.mutate({
  mutation: CANCEL,
  variables: { input: { id: first.registration.id, idempotencyKey: crypto.randomUUID() } },
});
assert.equal(cancelled.data.cancelRegistration.registration.status, 'CANCELLED');

// Refused as a request: an error with a code.
const failed = await client.query({ query: gql`{ event(id: "nonsense") { id } }`, errorPolicy: 'all' });
assert.equal(failed.error.errors[0].extensions.code, 'BAD_USER_INPUT');

// A token that is not accepted: nothing has run.
session.token = 'expired';
await assert.rejects(client.query({ query: gql`{ viewer { id } }` }), (error) => {
  return CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === 'UNAUTHENTICATED';
});
assert.equal(session.token, undefined);
