// Who the API takes the holder of the token for.

import { useEffect, useState } from 'react';

import { endpoint } from './endpoint';
import { authorization } from './token';

export type Viewer =
  | { state: 'anonymous' }
  | { state: 'asking' }
  | { state: 'known'; name: string }
  | { state: 'refused'; message: string };

interface Answer {
  data?: { viewer: { name: string } | null } | null;
  errors?: { message: string }[];
}

// A token is pasted at once but may also be typed; nobody is asked about each letter.
const PAUSE_MS = 300;

async function ask(token: string, signal: AbortSignal): Promise<Viewer> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      authorization: authorization(token) ?? '',
    },
    body: JSON.stringify({ query: '{ viewer { name } }' }),
    signal,
  });
  const answer = (await response.json()) as Answer;
  const refusal = answer.errors?.[0];
  if (refusal) return { state: 'refused', message: refusal.message };
  const viewer = answer.data?.viewer;
  return viewer ? { state: 'known', name: viewer.name } : { state: 'anonymous' };
}

export function useViewer(token: string): Viewer {
  const [viewer, setViewer] = useState<Viewer>({ state: 'anonymous' });
  useEffect(() => {
    if (!token) {
      setViewer({ state: 'anonymous' });
      return;
    }
    setViewer({ state: 'asking' });
    const abort = new AbortController();
    const timer = setTimeout(() => {
      ask(token, abort.signal)
        .catch((): Viewer => ({ state: 'refused', message: 'The server does not answer.' }))
        .then((found) => {
          if (!abort.signal.aborted) setViewer(found);
        });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [token]);
  return viewer;
}
