// Where the API is: the page says it in a meta tag, relative to its own address.

const tag = document.querySelector<HTMLMetaElement>('meta[name="bilten-endpoint"]');

export const endpoint = new URL(tag?.content ?? 'graphql', document.baseURI);

export function socketAddress(): string {
  const address = new URL(endpoint);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}
