import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** Words that only this project uses, with the standard term. */
const PRIVATE_WORDS: readonly (readonly [RegExp, string])[] = [
  [/errand/i, 'operation'],
  [/guest/i, 'target, joining node, or virtual machine'],
]

/** Places where a word must stay, with the reason. */
const EXCEPTIONS: Record<string, string> = {
  'src/protocol/wire/released-names.ts': 'names that released builds know',
  'test/golden': 'messages and databases of released builds',
  'test/integration/golden.test.ts': 'messages of released builds',
  'test/vm': 'QEMU calls a virtual machine a guest',
  'test/support/vm': 'QEMU calls a virtual machine a guest',
  'test/words.test.ts': 'the list itself',
}

const ROOT = resolve(import.meta.dirname, '..')
const isException = (file: string) =>
  Object.keys(EXCEPTIONS).some((place) => file === place || file.startsWith(`${place}/`))
const files = ['src', 'test', 'scripts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[^.]+$|\.(ts|sh|md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1)),
)

test('standard terms instead of private words', () => {
  const found = files
    .filter((file) => !isException(file))
    .flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          PRIVATE_WORDS.filter(([word]) => word.test(line)).map(
            ([word, better]) => `${file}:${index + 1}: ${word.source}; write ${better}`,
          ),
        ),
    )
  expect(found).toEqual([])
})
