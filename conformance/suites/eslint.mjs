// The schema in the eyes of graphql-eslint; one test for each rule of its two sets for schemas.
import fs from 'node:fs';
import { report } from './harness.mjs';
import { SDL, WORKSHOP, require } from './workshop.mjs';

const { ESLint } = require('eslint');
const loaded = require('@graphql-eslint/eslint-plugin');
const plugin = loaded.default ?? loaded;
const PREFIX = '@graphql-eslint/';
const LINES = fs.readFileSync(SDL, 'utf8').split('\n');

/** A finding in one line: the definition that it lies in, the message, and the line of the schema. */
function described({ line, message }) {
  const before = LINES.slice(0, line).reverse();
  const definition = before.find((text) => /^(type|interface|input|enum|union|scalar|directive) /.test(text)) ?? '';
  return `${definition.split(/[ (@]/)[1]}: ${message.split('\n')[0]} (${LINES[line - 1].trim()})`;
}

async function lint(set) {
  const { rules } = plugin.configs[`flat/${set}`];
  const configuration = {
    files: ['**/*.graphql'],
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: SDL } } },
    plugins: { '@graphql-eslint': plugin },
    rules,
  };
  const eslint = new ESLint({ cwd: WORKSHOP, overrideConfigFile: true, overrideConfig: [configuration] });
  const findings = {};
  for (const { messages } of await eslint.lintFiles(['schema.graphql']))
    for (const message of messages)
      (findings[(message.ruleId ?? 'parser').replace(PREFIX, '')] ??= []).push(described(message));
  const names = Object.keys(rules).map((rule) => rule.replace(PREFIX, ''));
  const failing = Object.entries(findings).map(([rule, found]) => [rule, `${found.length} findings`]);
  report({
    suite: `eslint-${set}`,
    passed: names.filter((rule) => !(rule in findings)),
    failing: Object.fromEntries(failing),
    findings,
  });
}

await lint('schema-recommended');
await lint('schema-relay');
process.exit(0);
