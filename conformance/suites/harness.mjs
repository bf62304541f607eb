// What the suites share: the server under test, the operations that are sent to it, and the report of a suite.
import fs from 'node:fs';
import path from 'node:path';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

export const ENDPOINT = process.env.CONFORMANCE_URL;
export const SOCKET = ENDPOINT.replace(/^http/, 'ws');
export const FOLDER = path.resolve(import.meta.dirname, '..');
export const SDL_FILE = path.resolve(FOLDER, '..', 'schema', 'schema.graphql');
export const headers = () => ({ authorization: `Bearer ${process.env.CONFORMANCE_TOKEN}` });

const read = (name) => {
  const file = path.join(FOLDER, 'operations', `${name}.graphql`);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
};
export const QUERY = read('query');
export const MUTATION = read('mutation');
// A nullable field that always fails, so that data and errors come together.
export const FAILING = read('failing');
// A page of events, with the variables $count and $cursor.
export const PAGE = read('page');
// One that stays open for two seconds or more, one that ends by itself, and a mutation that makes them send a value.
export const SUBSCRIPTION = read('subscription');
export const SHORT_SUBSCRIPTION = read('short-subscription');
export const TRIGGER = read('trigger');

export const authorizedFetch = (url, options = {}) => {
  const all = new Headers(options.headers ?? {});
  for (const [name, value] of Object.entries(headers())) if (!all.has(name)) all.set(name, value);
  return fetch(url, { ...options, headers: all, signal: options.signal ?? AbortSignal.timeout(30_000) });
};

/** The result of an operation over plain HTTP. */
export const post = async (body) => {
  const response = await authorizedFetch(ENDPOINT, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
    },
    body: JSON.stringify(body),
  });
  return response.json();
};

/** A client of the WebSocket; it signs in through the first message, because a browser can set no header. */
export const socketClient = (options = {}) =>
  createClient({
    url: SOCKET,
    webSocketImpl: WebSocket,
    connectionParams: headers,
    connectionAckWaitTimeout: 10_000,
    retryAttempts: 0,
    ...options,
  });

/** The last result of an operation that ends, by a client of graphql-ws or graphql-sse. */
export const last = (client, query) =>
  new Promise((resolve, reject) => {
    let value;
    client.subscribe({ query }, { next: (result) => (value = result), error: reject, complete: () => resolve(value) });
  });

/** The first result of an operation that need not end. */
export const first = (client, query) =>
  new Promise((resolve, reject) => {
    const unsubscribe = client.subscribe(
      { query },
      {
        next: (result) => {
          resolve(result);
          setTimeout(unsubscribe, 0);
        },
        error: reject,
        complete: () => reject(new Error('it ended without a value')),
      },
    );
  });

/** Sends the trigger again and again, until the function that is returned is called. */
export const startTrigger = () => {
  if (!TRIGGER) return () => {};
  const timer = setInterval(() => post({ query: TRIGGER }).catch(() => {}), 300);
  return () => clearInterval(timer);
};

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const within = (promise, milliseconds, what = 'answer') =>
  Promise.race([
    promise,
    sleep(milliseconds).then(() => {
      throw new Error(`no ${what} within ${milliseconds} ms`);
    }),
  ]);

export const assert = (condition, message = 'not as asserted') => {
  if (!condition) throw new Error(message);
};

class Skipped extends Error {}

export const skip = (reason) => {
  throw new Skipped(reason);
};

/** The operation, or the end of the test when there is none. */
export const need = (operation, name) => operation || skip(`operations/${name}.graphql does not exist`);

const LIMIT = 60_000;

/** Runs tests one after the other and reports them. */
export async function suite(name, tests) {
  const passed = [];
  const failing = {};
  const skipped = {};
  for (const [test, run] of Object.entries(tests)) {
    try {
      await within(Promise.resolve().then(run), LIMIT, 'end of the test');
      passed.push(test);
    } catch (error) {
      const reason = String(error?.message || error?.reason || JSON.stringify(error)).slice(0, 1500);
      if (error instanceof Skipped) skipped[test] = reason;
      else failing[test] = reason;
    }
  }
  report({ suite: name, passed, failing, skipped });
}

/** One line for the runner; `findings` lists for a failing test what exactly it found, where there is such a list. */
export function report({ suite, passed, failing, skipped = {}, findings = {} }) {
  const line = JSON.stringify({ suite, passed, failing, skipped, findings });
  fs.appendFileSync(process.env.CONFORMANCE_REPORT, `${line}\n`);
}
