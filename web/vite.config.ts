// How the pages are built: one entry for each page, flat hashed files, and a manifest that bilten/web reads.

import { defineConfig } from 'vite';

import { precompress } from './precompress';

export default defineConfig({
  // Files name each other relatively, so that the server may live under any prefix.
  base: './',
  publicDir: false,
  worker: { format: 'es' },
  build: {
    outDir: '../bilten/web/assets',
    emptyOutDir: true,
    assetsDir: '',
    manifest: 'manifest.json',
    target: 'es2022',
    reportCompressedSize: false,
    // The editor alone is larger than what Vite warns of.
    chunkSizeWarningLimit: 8_000,
    rollupOptions: {
      input: { graphiql: 'src/graphiql/main.tsx' },
      onwarn(warning, warn) {
        // Hints for servers that render React; there is none here.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  plugins: [precompress()],
});
