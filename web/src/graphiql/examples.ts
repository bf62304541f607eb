// The examples of web/examples, in the order of their file names; a comment on the first line names each one.

export interface Example {
  label: string;
  query: string;
  variables: string | null;
}

const documents = import.meta.glob<string>('../../examples/*.graphql', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const variables = import.meta.glob<string>('../../examples/*.variables.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const examples: Example[] = Object.keys(documents)
  .sort()
  .map((path) => {
    const query = documents[path] ?? '';
    return {
      label: query.split('\n', 1)[0]?.replace(/^#\s*/, '') ?? path,
      query,
      variables: variables[path.replace(/\.graphql$/, '.variables.json')] ?? null,
    };
  });
