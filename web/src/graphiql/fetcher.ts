// How GraphiQL reaches the API: HTTP for everything but subscriptions, which open a socket when one is run.

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';

import { endpoint, socketAddress } from '../endpoint';
import { authorization } from '../token';

// The token is read at each request, so that GraphiQL keeps one fetcher and asks for the schema only once.
const fetchWithToken: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  const token = authorization();
  // What is written in the tab's own headers editor goes before the token field.
  if (token && !headers.has('authorization')) headers.set('authorization', token);
  return fetch(input, { ...init, headers });
};

const socket = createClient({
  url: socketAddress(),
  lazy: true,
  // Whoever explores wants to see a refusal at once rather than five attempts later.
  retryAttempts: 0,
  connectionParams: () => {
    const token = authorization();
    return token ? { authorization: token } : {};
  },
});

export const fetcher = createGraphiQLFetcher({
  url: endpoint.href,
  fetch: fetchWithToken,
  wsClient: socket,
});
