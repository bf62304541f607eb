// Relay: its compiler on the schema and on documents, then its runtime against the server.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import {
  FOLDER,
  MUTATION,
  QUERY,
  SUBSCRIPTION,
  assert,
  need,
  post,
  socketClient,
  startTrigger,
  suite,
  within,
} from './harness.mjs';
import { WORKSHOP, named, require, write } from './workshop.mjs';

const {
  ConnectionHandler,
  Environment,
  Network,
  Observable,
  RecordSource,
  Store,
  commitMutation,
  fetchQuery,
  requestSubscription,
} = require('relay-runtime');

const DOCUMENTS = {
  AppList: `fragment AppList_query on Query
    @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
    @refetchable(queryName: "AppListPaginationQuery") {
      events(first: $count, after: $cursor) @connection(key: "AppList__events") { edges { node { id title } } }
    }`,
  AppQuery: 'query AppQuery { ...AppList_query }',
  AppIds: 'query AppIdsQuery { events(first: 2) { edges { node { __typename id } } } }',
  AppNode: 'fragment AppNode_node on Event @refetchable(queryName: "AppNodeRefetchQuery") { id title }',
  AppNodeQuery: 'query AppNodeQuery($id: ID!) { node(id: $id) { __typename id ...AppNode_node @alias(as: "event") } }',
  AppPlain: named(QUERY, 'AppPlainQuery'),
  AppMutation: named(MUTATION, 'AppMutation'),
  ...(SUBSCRIPTION ? { AppSubscription: named(SUBSCRIPTION, 'AppSubscription') } : {}),
};

const CONFIGURATION = {
  src: './src',
  schema: './schema.graphql',
  language: 'javascript',
  eagerEsModules: false,
  artifactDirectory: './src/__generated__',
  // Otherwise the compiler adds what it writes to the git index of the checkout.
  noSourceControl: true,
  excludes: ['**/node_modules/**', '**/__generated__/**'],
};

let compiled = false;

/** What the compiler made of a document. */
const artifact = (name) => {
  assert(compiled, 'the documents were not compiled');
  const made = require(path.join(WORKSHOP, 'src', '__generated__', `${name}.graphql.js`));
  return made.default ?? made;
};

const socket = socketClient();
const overHttp = ({ name, text }, variables) => post({ query: text, variables, operationName: name });
const overSocket = ({ name, text }, variables) =>
  Observable.create((sink) => socket.subscribe({ query: text, variables, operationName: name }, sink));
const environment = () =>
  new Environment({ network: Network.create(overHttp, overSocket), store: new Store(new RecordSource()) });
const fetched = (store, name, variables = {}) =>
  within(fetchQuery(store, artifact(name), variables).toPromise(), 8_000);

await suite('relay', {
  'the compiler takes schema and documents': () => {
    for (const [name, text] of Object.entries(DOCUMENTS))
      write(`src/${name}.js`, `import { graphql } from 'relay-runtime';\ngraphql\`${text}\`;\n`);
    write('package.json', '{ "name": "work" }');
    write('relay.config.json', JSON.stringify(CONFIGURATION));
    fs.mkdirSync(path.join(WORKSHOP, 'src', '__generated__'));
    const compiler = path.join(FOLDER, 'node_modules', 'relay-compiler', 'cli.js');
    const options = {
      cwd: WORKSHOP,
      encoding: 'utf8',
      timeout: 50_000,
      env: { ...process.env, FORCE_NO_WATCHMAN: '1' },
    };
    const run = spawnSync(process.execPath, [compiler, 'relay.config.json'], options);
    assert(run.status === 0, run.stdout + run.stderr);
    compiled = true;
  },
  query: async () => {
    const data = await fetched(environment(), 'AppPlainQuery');
    assert(data.events.edges.length, JSON.stringify(data));
  },
  mutation: async () => {
    const mutation = artifact('AppMutation');
    const done = new Promise((resolve, reject) => {
      commitMutation(environment(), {
        mutation,
        variables: {},
        onCompleted: (_, errors) => resolve(errors),
        onError: reject,
      });
    });
    const errors = await within(done, 8_000);
    assert(!errors, JSON.stringify(errors));
  },
  'a connection lies in the store': async () => {
    const store = environment();
    await fetched(store, 'AppQuery');
    let edges;
    store.commitUpdate((proxy) => {
      edges = ConnectionHandler.getConnection(proxy.getRoot(), 'AppList__events')?.getLinkedRecords('edges');
    });
    assert(edges?.length === 2, `${edges?.length} edges`);
  },
  'an object is fetched again by its id': async () => {
    const list = await fetched(environment(), 'AppIdsQuery');
    const { id } = list.events.edges[0].node;
    const data = await fetched(environment(), 'AppNodeQuery', { id });
    assert(data.node?.id === id, JSON.stringify(data));
  },
  subscription: async () => {
    need(SUBSCRIPTION, 'subscription');
    const stop = startTrigger();
    const first = new Promise((resolve, reject) => {
      const subscription = artifact('AppSubscription');
      requestSubscription(environment(), { subscription, variables: {}, onNext: resolve, onError: reject });
    });
    try {
      await within(first, 12_000, 'value');
    } finally {
      stop();
    }
  },
});
await socket.dispose();
process.exit(0);
