// A folder for generated files, next to node_modules so that the tools find their plugins; it goes with the process.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { parse, print } from 'graphql';
import { FOLDER, SDL_FILE } from './harness.mjs';

export const require = createRequire(import.meta.url);
export const WORKSHOP = fs.mkdtempSync(path.join(FOLDER, 'work-'));
process.on('exit', () => fs.rmSync(WORKSHOP, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Writes a file into the folder and gives its path. */
export const write = (name, text) => {
  const file = path.join(WORKSHOP, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
};

export const SDL = write('schema.graphql', fs.readFileSync(SDL_FILE, 'utf8'));

/** The document with its operation under another name, as tools that generate code want it. */
export const named = (document, name) => {
  const tree = parse(document);
  const definitions = tree.definitions.map((definition) =>
    definition.kind === 'OperationDefinition' ? { ...definition, name: { kind: 'Name', value: name } } : definition,
  );
  return print({ ...tree, definitions });
};
