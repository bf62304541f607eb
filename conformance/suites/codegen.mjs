// GraphQL Code Generator: the types of its client preset, checked by TypeScript at its strictest.
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { FOLDER, MUTATION, PAGE, QUERY, SUBSCRIPTION, assert, suite } from './harness.mjs';
import { SDL, WORKSHOP, named, require, write } from './workshop.mjs';

const { generate } = require('@graphql-codegen/cli');
const operations = {
  query: QUERY,
  mutation: MUTATION,
  page: PAGE,
  ...(SUBSCRIPTION ? { subscription: SUBSCRIPTION } : {}),
};
const compilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  types: [],
};

await suite('codegen', {
  'the types of the client preset compile': async () => {
    for (const [name, text] of Object.entries(operations)) write(`${name}.graphql`, named(text, `Generated_${name}`));
    const documents = Object.keys(operations).map((name) => path.join(WORKSHOP, `${name}.graphql`));
    const generates = { [`${path.join(WORKSHOP, 'generated')}/`]: { preset: 'client' } };
    await generate({ cwd: WORKSHOP, silent: true, schema: SDL, documents, generates }, true);
    write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['generated/**/*.ts'] }));
    const compiler = path.join(FOLDER, 'node_modules', 'typescript', 'bin', 'tsc');
    const run = spawnSync(process.execPath, [compiler, '-p', WORKSHOP], { encoding: 'utf8', timeout: 50_000 });
    assert(run.status === 0, run.stdout + run.stderr);
  },
});
process.exit(0);
