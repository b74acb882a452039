import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Beside the page of the console. */
const NOTICES = 'notices.txt'
const PACKAGE = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//
const TEXT = /^(licen[cs]e|notice|copying)/i

/** Writes a file with the licenses of the packages that the files of the console contain. */
export const notices: Plugin = {
  name: 'notices',
  generateBundle() {
    const found = new Map<string, string>()
    for (const id of this.getModuleIds()) {
      const [, directory, name] = PACKAGE.exec(id.replace(/^\0/, '').split('?')[0] ?? '') ?? []
      if (directory !== undefined && name !== undefined) found.set(name, directory)
    }
    const texts = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, directory]) => noticeOf(name, directory))
    this.emitFile({ type: 'asset', fileName: NOTICES, source: texts.join('\n\n') })
  },
}

function noticeOf(name: string, directory: string): string {
  const { version, license, author } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const files = readdirSync(directory).filter((file) => TEXT.test(file))
  const texts = files.map((file) => readFileSync(join(directory, file), 'utf8').trim())
  const by = typeof author === 'string' ? author : (author?.name ?? '')
  const head = `${name} ${version}\nLicense: ${license}${by === '' ? '' : `\nAuthor: ${by}`}`
  return [head, ...texts].join('\n\n')
}
