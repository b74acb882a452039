import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { staleReference } from '../scripts/reference.ts'
import { anchors, codeLines, codeSpans, pages, ROOT } from './support/docs/pages.ts'
import { ownCommand, refusalOf } from './support/docs/parse-command.ts'

test('the generated reference is current: node scripts/reference.ts', async () => {
  expect(await staleReference()).toEqual([])
}, 120_000)

test('every command in README and docs is accepted by its program', async () => {
  const lines = pages().flatMap((page) => [
    ...codeLines(page).map((line) => ({ path: page.path, line, isWhole: true })),
    ...codeSpans(page).map((line) => ({ path: page.path, line, isWhole: false })),
  ])
  // The reference contains usage lines such as `agent install [options]`.
  const commands = lines.filter(({ line }) => ownCommand(line) !== undefined && !/[[<]\w+[\]>]/.test(line))
  expect(commands.length).toBeGreaterThan(150)
  const refused = await Promise.all(
    commands.map(async ({ path, line, isWhole }) => {
      const why = await refusalOf(line, isWhole)
      return why === undefined ? [] : [`${path}: ${line}: ${why}`]
    }),
  )
  expect(refused.flat()).toEqual([])
})

test.each([
  ['controller cluster make x', 'unknown command'],
  ['controller cluster create x --cnni flannel', 'unknown option'],
  ['controller cluster create x --cni weave', 'Allowed choices'],
  ['controller node approve', 'missing required argument'],
  ['sudo ./agent remove', 'no command remove'],
  ['cantrip-agent reset --now', 'unknown option'],
])('the test finds that %s is rejected', async (line, why) => {
  expect(await refusalOf(line, true)).toContain(why)
})

test('no page has markers of an unresolved merge', () => {
  expect(
    pages()
      .filter(({ text }) => /^(<{7} |>{7} )/m.test(text))
      .map(({ path }) => path),
  ).toEqual([])
})

test('scripts in the docs exist', () => {
  const named = pages().flatMap((page) => [...codeLines(page), ...codeSpans(page)])
  const scripts = named.flatMap((line) => /^(?:node )?((?:scripts|test)\/[\w./-]+)/.exec(line)?.[1] ?? [])
  expect(scripts.length).toBeGreaterThan(5)
  expect(scripts.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('links have targets', () => {
  const all = pages()
  const broken = all.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#')
        const to = file === '' ? path : relative(ROOT, resolve(ROOT, dirname(path), file))
        const page = all.find((each) => each.path === to)
        return !existsSync(join(ROOT, to)) || (anchor !== undefined && page && !anchors(page).includes(anchor))
      })
      .map((target) => `${path}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('the README has at most 200 lines and a picture', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  expect(readme.split('\n').length).toBeLessThanOrEqual(200)
  expect(readme).toMatch(/!\[.+\]\(docs\/[\w-]+\.svg\)/)
})

test('the glossary has each word once, in alphabetical order', () => {
  const glossary = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8')
  const words = [...glossary.matchAll(/^\*\*([^*]+)\*\*: /gm)].map((match) => (match[1] ?? '').toLowerCase())
  expect(words).toEqual([...new Set(words)].sort())
  const wanted = [
    'role',
    'component',
    'step',
    'run',
    'ledger',
    'undo',
    'snapshot',
    'bundle',
    'instruction',
    'operation',
  ]
  expect(wanted.filter((word) => !words.includes(word))).toEqual([])
})

test('the architecture names every folder of src/', () => {
  const architecture = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.map(({ name }) => name).filter((name) => !architecture.includes(`| \`${name}\` |`))).toEqual([])
})

test('decision records have numbers of their own, and titles with them', () => {
  const records = readdirSync(join(ROOT, 'docs/adr')).filter((name) => name !== 'README.md')
  const numbers = records.map((name) => name.slice(0, 4))
  expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([])
  const titles = records.map((name) => readFileSync(join(ROOT, 'docs/adr', name), 'utf8').split('.')[0])
  expect(titles).toEqual(numbers.map((number) => `# ${Number(number)}`))
})
