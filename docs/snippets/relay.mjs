// Relay: npm install relay-runtime react-relay, and relay-compiler with babel-plugin-relay for building.
// relay.config.json: { "src": "./src", "schema": "./schema.graphql", "language": "javascript" }
import assert from 'node:assert/strict';
import relay, { graphql } from 'relay-runtime';

const { ConnectionHandler, Environment, Network, RecordSource, Store, commitMutation, fetchQuery } = relay;
const session = { url: process.env.BILTEN_URL, token: process.env.BILTEN_TOKEN };

const post = (body) =>
  fetch(session.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
      ...(session.token && { authorization: `Bearer ${session.token}` }),
    },
    body: JSON.stringify(body),
  });

// Relay's network layer. An answer without data is thrown; what stands beside data is left to the fields.
const overHttp = async ({ name, text }, variables) => {
  for (let attempts = 1; ; attempts += 1) {
    const response = await post({ operationName: name, query: text, variables });
    // 429 and 503: nothing has run, and Retry-After says for how long to leave the server alone.
    const seconds = Number(response.headers.get('retry-after'));
    if (seconds && attempts < 4) {
      await new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
      continue;
    }
    const answer = await response.json();
    if (!answer.data) {
      const [{ message, extensions }] = answer.errors;
      throw Object.assign(new Error(message), extensions); // .code, .retryAfter, .errorId
    }
    return answer;
  }
};

export const environment = new Environment({
  network: Network.create(overHttp),
  store: new Store(new RecordSource()),
});

// In React: useLazyLoadQuery(AgendaQuery, …), then usePaginationFragment(AgendaFragment, …) with its loadNext.
export const AgendaFragment = graphql`
  fragment relayAgenda_query on Query
  @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" })
  @refetchable(queryName: "relayAgendaPaginationQuery") {
    events(first: $count, after: $cursor) @connection(key: "relayAgenda__events") {
      edges { node { id title startsAtLocal timezone } }
    }
  }
`;
const AgendaQuery = graphql`
  query relayAgendaQuery($count: Int!, $cursor: String) {
    ...relayAgenda_query @arguments(count: $count, cursor: $cursor)
    viewer { id name }
  }
`;
const LikeMutation = graphql`
  mutation relayLikeMutation($input: UpdatePreferencesInput!) {
    updatePreferences(input: $input) {
      user { id version preferences { favouriteCategories } }
      problems { code message path retryable }
    }
  }
`;

// Without React: the same page after page, joined in the store.
const agenda = () => {
  let found;
  environment.commitUpdate((store) => {
    const connection = ConnectionHandler.getConnection(store.getRoot(), 'relayAgenda__events');
    const pageInfo = connection.getLinkedRecord('pageInfo');
    found = { size: connection.getLinkedRecords('edges').length, cursor: pageInfo.getValue('endCursor') };
  });
  return found;
};
await fetchQuery(environment, AgendaQuery, { count: 2 }).toPromise();
assert.equal(agenda().size, 2);
await fetchQuery(environment, AgendaQuery, { count: 2, cursor: agenda().cursor }).toPromise();
assert.equal(agenda().size, 4);

const commit = (mutation, variables) =>
  new Promise((resolve, reject) => {
    commitMutation(environment, { mutation, variables, onCompleted: resolve, onError: reject });
  });

// One key for one intention: the second answer is that to the first.
const input = { favouriteCategories: ['workshop'], idempotencyKey: crypto.randomUUID() };
const first = await commit(LikeMutation, { input });
const second = await commit(LikeMutation, { input });
assert.deepEqual(first.updatePreferences.problems, []);
assert.deepEqual(first.updatePreferences.user, second.updatePreferences.user);

// Refused by the rules: a problem beside the input field, and null for what would have changed.
const refused = await commit(LikeMutation, { input: { favouriteCategories: Array(21).fill('meetup') } });
assert.deepEqual(refused.updatePreferences.problems[0].path, ['favouriteCategories']);

// A token that is not accepted is answered with 401 and a code.
session.token = 'expired';
await assert.rejects(fetchQuery(environment, AgendaQuery, { count: 2 }).toPromise(), { code: 'UNAUTHENTICATED' });
