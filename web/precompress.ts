// Writes a .br and a .gz beside every built file that gets smaller by it, so that the server never compresses.

import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin, ResolvedConfig } from 'vite';

const COMPRESSIBLE = /-[\w-]{8}\.(css|js|json|svg|ttf|wasm)$/;
const withBrotli = promisify(brotliCompress);
const withGzip = promisify(gzip);

async function compress(path: string): Promise<void> {
  const source = await readFile(path);
  const [br, gz] = await Promise.all([
    withBrotli(source, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: source.length,
      },
    }),
    withGzip(source, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  for (const [suffix, packed] of [['br', br], ['gz', gz]] as const) {
    if (packed.length < source.length) await writeFile(`${path}.${suffix}`, packed);
  }
}

export function precompress(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'bilten-precompress',
    apply: 'build',
    // Workers are built by a nested run of the same plugins; only the outer one ends with all files written.
    configResolved(resolved) {
      config = resolved;
    },
    closeBundle: {
      order: 'post',
      async handler() {
        const folder = join(config.root, config.build.outDir);
        const files = (await readdir(folder)).filter((name) => COMPRESSIBLE.test(name));
        await Promise.all(files.map((name) => compress(join(folder, name))));
      },
    },
  };
}
