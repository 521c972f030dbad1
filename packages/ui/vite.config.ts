import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  worker: { format: 'es' },
  // Nothing inline: the page's policy allows none of it.
  build: { assetsInlineLimit: 0, target: 'es2023', modulePreload: { polyfill: false } },
});
