import { createHash } from 'node:crypto'
import { Html, html } from './html.ts'

const STYLE = `
:root { color-scheme: light dark; --soft: light-dark(#57606a, #9198a1); --line: light-dark(#d0d7de, #3d444d); --code: light-dark(#f6f8fa, #151b23); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 52rem); gap: 3rem; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; box-sizing: border-box; padding: 1.5rem; border-right: 1px solid var(--line); font-size: .875rem; }
nav ul { list-style: none; padding: 0; margin: 0 0 1rem; }
nav a { text-decoration: none; color: inherit; }
main { padding: 1.5rem 1.5rem 6rem 0; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2.5rem 0 .25rem; font-size: 1rem; }
h4 { margin: 1rem 0 .25rem; font-size: .875rem; color: var(--soft); }
code, pre { font: .875em/1.45 ui-monospace, monospace; background: var(--code); }
pre { padding: .75rem; overflow: auto; max-height: 24rem; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
td, th { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-top: 1px solid var(--line); }
.method { display: inline-block; min-width: 4rem; font-weight: 700; }
.soft { color: var(--soft); }
summary { cursor: pointer; color: var(--soft); font-size: .875rem; }
:target { background: light-dark(#fff8c5, #3b2e00); }
@media (max-width: 60rem) { body { display: block; padding: 1rem; } nav { position: static; height: auto; border: 0; padding: 0; } }
`

/** No script, no file from elsewhere, no frame; only this style. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** A whole page. `links`: titles of its parts, by their ids. */
export function page(title: string, links: readonly (readonly [id: string, title: string])[], content: Html): string {
  const items = links.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${new Html(STYLE)}</style></head>
<body>
<nav><ul><li><a href="/docs">API</a></li><li><a href="/docs/errors">Error codes</a></li><li><a href="/openapi.json">OpenAPI 3.1</a></li></ul><ul>${items}</ul></nav>
<main><h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text
}
