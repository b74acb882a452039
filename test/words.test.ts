import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

interface PrivateWord {
  word: RegExp
  /** The standard term. */
  better: string
  /** Files and folders in which it must stay, with the reason. */
  except?: Record<string, string>
}

const RELEASED = 'known to released builds'

/** Words that only this project used, or that say less than the field's term. */
const PRIVATE_WORDS: readonly PrivateWord[] = [
  {
    word: /errand/i,
    better: 'operation',
    except: {
      'src/protocol/wire/released-names.ts': RELEASED,
      'docs/adr/0015-operations-of-a-master.md': RELEASED,
      'docs/adr/0035-rooms.md': 'the former name of a folder',
    },
  },
  {
    word: /guest(?!info|-utils|fs)/i,
    better: 'target, joining node, or virtual machine',
    except: {
      'src/protocol/wire/released-names.ts': RELEASED,
      'test/vm': 'QEMU calls a virtual machine a guest',
      'test/support/vm': 'QEMU calls a virtual machine a guest',
    },
  },
  {
    word: /\b(tell|told|hear|heard)s?([A-Z]|\()|[a-z](Tells?|Told|Hears?|Heard)\b/,
    better: 'what the function does: send, report, log, receive',
  },
  { word: /\bpatien(ce|tly)\b/i, better: 'timeout, or attempts' },
  { word: /\banew\b/i, better: 'again' },
  {
    word: /\bt(ake|akes|aken|aking|ook)[ -]back\b/i,
    better: 'undo, or restore',
    except: {
      'src/agent/restore/undo-changes.ts': 'an error code',
      'scripts/errors/codes.txt': 'an error code',
      'docs/reference/error-codes.md': 'an error code',
    },
  },
  {
    word: /\bt(ake|akes|aken|aking|ook)[ -]out\b/i,
    better: 'remove',
    except: { 'src/controller/store/sqlite/schema.ts': RELEASED },
  },
  { word: /\bg(ive|ives|iven|iving|ave)[ -]back\b/i, better: 'restore' },
  { word: /\bin vain\b/i, better: 'timed out' },
  {
    word: /\bletsIn\b/,
    better: 'admits',
    except: { 'src/controller/domain': RELEASED, 'src/controller/reconcile': RELEASED },
  },
]

const ROOT = resolve(import.meta.dirname, '..')
/** Messages and databases of released builds, and this list. */
const NOT_SEARCHED = ['test/golden/', 'test/integration/golden.test.ts', 'test/words.test.ts']
const files = ['src', 'test', 'scripts', 'build', 'systemd', 'docs', 'README.md', 'CONTRIBUTING.md']
  .flatMap((place) => (place.includes('.') ? [place] : below(place)))
  .filter((file) => !NOT_SEARCHED.some((place) => file.startsWith(place)))

function below(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[^.]+$|\.(ts|sh|md|txt|service)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
}

const stays = ({ except = {} }: PrivateWord, file: string) =>
  Object.keys(except).some((place) => file === place || file.startsWith(`${place}/`))

test('standard terms instead of private words', () => {
  const found = files.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        PRIVATE_WORDS.filter((each) => each.word.test(line) && !stays(each, file)).map(
          ({ word, better }) => `${file}:${index + 1}: ${word.source}; write ${better}`,
        ),
      ),
  )
  expect(found).toEqual([])
})

test('each exception is needed', () => {
  const idle = PRIVATE_WORDS.flatMap((each) =>
    Object.keys(each.except ?? {}).filter(
      (place) =>
        !files.some(
          (file) =>
            (file === place || file.startsWith(`${place}/`)) && each.word.test(readFileSync(join(ROOT, file), 'utf8')),
        ),
    ),
  )
  expect(idle).toEqual([])
})
