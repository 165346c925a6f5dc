import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * Takes the video player's icon font out of Bootstrap Italia's style sheet: it is written into the sheet as a `data:` address, which the
 * gateway's policy (`font-src 'self'`) blocks with an error on every page, and the portal shows no videos.
 */
function withoutVideoFont(): Plugin {
  return {
    name: 'without-video-font',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('bootstrap-italia.min.css')) return undefined;
      const rest = code.replaceAll(/@font-face\{font-family:VideoJS;[^}]*\}/g, '');
      if (rest.includes('font-woff')) this.error('the style sheet still holds a font as a data: address');
      return { code: rest, map: null };
    },
  };
}

/** The portal's build: static files under dist/, every asset a file of its own so that the gateway's policy needs no `data:` for scripts or fonts. */
export default defineConfig({
  plugins: [react(), withoutVideoFont()],
  build: {
    assetsInlineLimit: 0,
    manifest: true,
    // Every browser of the target knows module preloading.
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: {
    proxy: {
      '/api': process.env['PORTAL_API'] ?? 'http://127.0.0.1:8080',
      '/login': process.env['PORTAL_API'] ?? 'http://127.0.0.1:8080',
      '/logout': process.env['PORTAL_API'] ?? 'http://127.0.0.1:8080',
    },
  },
});
