// The bearer token that every page of this origin shares: kept in the browser until it is cleared.

import { useSyncExternalStore } from 'react';

const KEY = 'bilten:token';
const listeners = new Set<() => void>();
let current = stored();

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    // Storage can be forbidden; the token then lives as long as the page.
    return '';
  }
}

function announce(): void {
  for (const listener of listeners) listener();
}

// Pasted text often brings the scheme, quotes or a line break along; a header could hold none of it.
function cleaned(text: string): string {
  return text.replace(/^\s*bearer\s+/i, '').replace(/[^\x21-\x7e]|["'`]/g, '');
}

export function readToken(): string {
  return current;
}

export function writeToken(text: string): void {
  current = cleaned(text);
  try {
    if (current) localStorage.setItem(KEY, current);
    else localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
  announce();
}

export function authorization(token = current): string | undefined {
  return token ? `Bearer ${token}` : undefined;
}

function subscribe(listener: () => void): () => void {
  const changedElsewhere = (event: StorageEvent) => {
    if (event.key !== KEY && event.key !== null) return;
    current = stored();
    announce();
  };
  listeners.add(listener);
  window.addEventListener('storage', changedElsewhere);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', changedElsewhere);
  };
}

export function useToken(): string {
  return useSyncExternalStore(subscribe, readToken);
}
