import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** The fonts of the component library are left out: the browser has fonts, and what is first loaded stays small. */
const withoutFonts: Plugin = {
  name: 'without-fonts',
  enforce: 'pre',
  transform: {
    filter: { id: /\.css(?:$|\?)/ },
    handler: (code) => ({ code: code.replaceAll(/@font-face\s*\{[^}]*\}/g, ''), map: null }),
  },
}

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [withoutFonts, react()],
  build: {
    outDir: join(import.meta.dirname, '../../build/console'),
    emptyOutDir: true,
    // Files inside of the style sheet would need another content security policy.
    assetsInlineLimit: 0,
    // Browsers of the last two years have it.
    modulePreload: { polyfill: false },
    target: 'baseline-widely-available',
  },
})
