// urql: npm install @urql/core graphql (or urql, @urql/vue, @urql/svelte: they hand the same on)
import assert from 'node:assert/strict';
import { Client, cacheExchange, fetchExchange, gql } from '@urql/core';

const session = { url: process.env.BILTEN_URL, token: process.env.BILTEN_TOKEN };

// 429 and 503 say that nothing has run, and with Retry-After for how long to leave the server alone.
const patientFetch = async (address, options) => {
  for (let attempts = 1; ; attempts += 1) {
    const response = await fetch(address, options);
    const seconds = Number(response.headers.get('retry-after'));
    if (!seconds || attempts === 4) return response;
    await new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
  }
};

export const client = new Client({
  url: session.url,
  fetch: patientFetch,
  // Asked for each operation, so that it goes out as whoever is signed in at that moment.
  fetchOptions: () => (session.token ? { headers: { authorization: `Bearer ${session.token}` } } : {}),
  // Queries go out as GET, which a browser keeps with its ETag; mutations stay POST.
  preferGetMethod: true,
  exchanges: [cacheExchange, fetchExchange],
});

const AGENDA = gql`
  query Agenda($count: Int!, $after: String) {
    events(first: $count, after: $after) {
      edges { node { id title startsAtLocal timezone } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
const LIKE = gql`
  mutation Like($input: UpdatePreferencesInput!) {
    updatePreferences(input: $input) {
      user { id version preferences { favouriteCategories } }
      problems { code message path retryable }
    }
  }
`;

/** Errors by code: what came instead of data, or beside it. */
const codes = (error) => (error?.graphQLErrors ?? []).map(({ extensions }) => extensions.code);

// Page after page; a client's cursor is whatever `endCursor` was.
const titles = [];
for (let after = null, more = true; more && titles.length < 4; ) {
  const { data, error } = await client.query(AGENDA, { count: 2, after });
  assert.equal(error, undefined);
  titles.push(...data.events.edges.map(({ node }) => node.title));
  ({ hasNextPage: more, endCursor: after } = data.events.pageInfo);
}
assert.equal(titles.length, 4);

// One key for one intention: the second answer is that to the first.
const input = { favouriteCategories: ['meetup', 'concert'], idempotencyKey: crypto.randomUUID() };
const first = await client.mutation(LIKE, { input });
const second = await client.mutation(LIKE, { input });
assert.deepEqual(first.data.updatePreferences.problems, []);
assert.deepEqual(first.data.updatePreferences.user, second.data.updatePreferences.user);

// Refused by the rules: a problem beside the input field. Refused as a request: an error with a code.
const refused = await client.mutation(LIKE, { input: { favouriteCategories: Array(21).fill('meetup') } });
assert.deepEqual(refused.data.updatePreferences.problems[0].path, ['favouriteCategories']);
const failed = await client.query(gql`{ event(id: "nonsense") { id } }`, {});
assert.deepEqual(codes(failed.error), ['BAD_USER_INPUT']);

// A token that is not accepted is answered with 401 and the same code in the body.
session.token = 'expired';
const stranger = await client.query(gql`{ viewer { id } }`, {});
assert.deepEqual(codes(stranger.error), ['UNAUTHENTICATED']);
assert.equal(stranger.error.response.status, 401);
