import { defineConfig } from 'vite';

// No plug-in: the compiler's own JSX transform is all that Preact needs.
export default defineConfig({
  base: '/console/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    // The policy allows no data: addresses, so nothing may be written into the style sheet.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
