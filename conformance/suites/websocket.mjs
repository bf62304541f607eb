// The client of graphql-ws.
import {
  MUTATION,
  QUERY,
  SHORT_SUBSCRIPTION,
  SUBSCRIPTION,
  assert,
  first,
  last,
  need,
  sleep,
  socketClient,
  startTrigger,
  suite,
  within,
} from './harness.mjs';

const using = (test, options) => async () => {
  const client = socketClient(options);
  const stop = startTrigger();
  try {
    await within(test(client), 20_000);
  } finally {
    stop();
    await client.dispose();
  }
};

/** The errors of a document that the server has to refuse without closing the socket. */
const refusal = async (client, query) => {
  const errors = await last(client, query).then(
    () => null,
    (error) => error,
  );
  assert(Array.isArray(errors) && errors[0].message, `no errors but ${errors?.code} ${errors?.reason ?? errors}`);
};

await suite('graphql-ws', {
  query: using(async (client) => {
    const result = await last(client, QUERY);
    assert(result.data && !result.errors, JSON.stringify(result));
  }),
  mutation: using(async (client) => {
    const result = await last(client, MUTATION);
    assert(result.data && !result.errors, JSON.stringify(result));
  }),
  'validation errors reach the client': using((client) => refusal(client, '{ noSuchField }')),
  'syntax errors reach the client': using((client) => refusal(client, '{ broken')),
  'a subscription sends its first value': using(async (client) => {
    const result = await first(client, need(SUBSCRIPTION, 'subscription'));
    assert(result.data && !result.errors, JSON.stringify(result));
  }),
  'a subscription completes': using((client) => last(client, need(SHORT_SUBSCRIPTION, 'short-subscription'))),
  'one socket subscribes again and again': using(
    async (client) => {
      need(SUBSCRIPTION, 'subscription');
      for (let round = 0; round < 3; round += 1) await first(client, SUBSCRIPTION);
    },
    { lazy: false },
  ),
  'one socket carries fifty subscriptions': using(async (client) => {
    need(SUBSCRIPTION, 'subscription');
    await Promise.all(Array.from({ length: 50 }, () => first(client, SUBSCRIPTION)));
  }),
  'pings are answered': async () => {
    let pongs = 0;
    const on = { pong: (received) => (pongs += received ? 1 : 0) };
    const client = socketClient({ lazy: false, keepAlive: 300, on });
    try {
      await sleep(1800);
      assert(pongs >= 3, `${pongs} pongs`);
    } finally {
      await client.dispose();
    }
  },
  'a lost socket is opened again': async () => {
    need(SUBSCRIPTION, 'subscription');
    let socket;
    const client = socketClient({
      retryAttempts: 3,
      retryWait: async () => {},
      shouldRetry: () => true,
      on: { opened: (opened) => (socket = opened) },
    });
    const stop = startTrigger();
    const twoValuesAcrossTwoSockets = new Promise((resolve, reject) => {
      let values = 0;
      const unsubscribe = client.subscribe(
        { query: SUBSCRIPTION },
        {
          next: () => {
            values += 1;
            if (values === 1) {
              socket.terminate();
            } else {
              unsubscribe();
              resolve();
            }
          },
          error: reject,
          complete: reject,
        },
      );
    });
    try {
      await within(twoValuesAcrossTwoSockets, 20_000);
    } finally {
      stop();
      await client.dispose();
    }
  },
});
process.exit(0);
