/** README, CONTRIBUTING and docs/, without the decision records, which describe the past. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../../..')

export interface Page {
  /** Relative to the root of the repository. */
  path: string
  text: string
}

export function pages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`)
  return ['README.md', 'CONTRIBUTING.md', ...docs]
    .filter((path) => path.endsWith('.md') && !path.startsWith('docs/adr/'))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

/** Lines of the code blocks, without diagrams. */
export function codeLines({ text }: Page): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, language]) => language !== 'mermaid')
    .map((match) => match[2] ?? '')
  return blocks.flatMap((block) => block.split('\n'))
}

/** Inline code in the prose. */
export function codeSpans({ text }: Page): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '')
}

/** The anchors of the headings, as code hosts generate them. */
export function anchors({ text }: Page): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '')
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
