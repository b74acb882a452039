import { Argument, type Command, type Option } from 'commander'
import { describe, expect, test } from 'vitest'
import { refusalOf } from '../../test/support/docs/parse-command.ts'
import { createProgram as agent } from './agent/program.ts'
import { createProgram as controller } from './controller/program.ts'
import { NAMES } from './controller/session/names.ts'
import { placeholderOf } from './kit/completion/completion.ts'

interface Verb {
  path: string
  command: Command
  options: readonly Option[]
}

/** Every command that does something, of both programs. */
const VERBS = [agent(), controller()].flatMap((program) => verbsOf(program, program.name()))

function verbsOf(command: Command, path: string): Verb[] {
  const below = command.commands
    .filter((each) => !each.name().startsWith('__'))
    .flatMap((each) => verbsOf(each, `${path} ${each.name()}`))
  const isGroup = command.commands.length > 0 && command.registeredArguments.length === 0
  return isGroup ? below : [{ path, command, options: command.options.filter(({ hidden }) => !hidden) }, ...below]
}

/** Those that print no result, or one that has a format of its own. */
const WITHOUT_FORMAT = {
  'agent logs': 'the lines of a file, as they are',
  'agent operator': 'a service',
  'agent first-boot': 'a service',
  'agent run': 'a service',
  'agent completion': 'a script',
  'controller serve': 'a service, with --log-format',
  'controller completion': 'a script',
  'controller schema': 'a JSON schema',
  'controller openapi': 'an OpenAPI document',
}

const DATA = 'text json yaml'
/** Of lists, `wide` is a table with further columns. */
const TABLE = `${DATA} wide`
/** Of what goes on: `json` is one value a line. */
const LINES = 'text json'
const OTHER_FORMATS: Record<string, string> = {
  'controller bundle list-files': 'text json yaml wget skopeo',
  'controller node list': `${TABLE} csv`,
  'controller cluster access': TABLE,
  'controller cluster watch': LINES,
  'controller cluster logs': LINES,
  'controller node logs': LINES,
  'controller audit list': `${DATA} jsonl`,
  'controller export': 'yaml json',
  'controller cluster kubeconfig': 'yaml json',
  'controller install': LINES,
  'controller uninstall': LINES,
  'agent install': 'text json junit',
  'agent precheck': 'text json junit',
}

function formatsOf(path: string): string {
  const own = OTHER_FORMATS[path]
  if (own) return own
  if (path.startsWith('agent ')) return 'text json'
  return path.endsWith(' list') ? TABLE : DATA
}

/** Values that nothing can list: what a person thinks of, and what the shell completes itself. */
const FREE = new Set(
  `name file directory path text url host:port cidr sha256 number:hash number count days duration time version id device component=file
  key backup group=role@project claim scope set kind settings list registry=url node=url registry host=file label group host server address address/prefix size`.split(
    /\s+/,
  ),
)
const KINDS = new Set([...Object.keys(NAMES), 'check'])

const takesValue = ({ required, optional }: Option) => required || optional
const helpOf = (command: Command) => {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
  return help
}

describe.each(VERBS)('$path', ({ path, command, options }) => {
  test('prints in the formats of all verbs of its sort', () => {
    const output = options.find(({ long }) => long === '--output')
    if (path in WITHOUT_FORMAT) return expect(output).toBeUndefined()
    expect(output?.flags).toBe('-o, --output <format>')
    expect(output?.argChoices?.join(' ')).toBe(formatsOf(path))
  })

  test('says what it does, and what each argument and option is', () => {
    expect(command.description()).not.toBe('')
    const described = command.registeredArguments
      .filter(({ description }) => description === '')
      .map((each) => each.name())
    expect(described).toEqual([])
    expect(options.filter(({ description }) => description === '').map(({ flags }) => flags)).toEqual([])
  })

  test('has examples, which it accepts', async () => {
    const [, examples] = helpOf(command).split(/\n(?:An )?[Ee]xamples?:\n/)
    const lines = (examples ?? '').split('\n').filter((line) => /^ {2}(sudo )?(\.\/)?(agent|controller) /.test(line))
    expect(lines).not.toEqual([])
    for (const line of lines) expect(await refusalOf(line, true), line).toBeUndefined()
  })

  test('has values that a shell completes, or that nobody can list', () => {
    const values: (Argument | Option)[] = [...command.registeredArguments, ...options.filter(takesValue)]
    const unknown = values.filter((value) => {
      const kind = placeholderOf(value) ?? ''
      return !value.argChoices && !KINDS.has(kind) && !FREE.has(kind)
    })
    expect(unknown.map((value) => (value instanceof Argument ? value.name() : value.flags))).toEqual([])
  })

  test('has one name for each thing', () => {
    const long = new Set(options.flatMap((option) => option.long ?? []))
    for (const [other, name] of Object.entries(OTHER_NAMES))
      expect(long.has(other), `${other}: use ${name}`).toBe(false)
  })
})

/** Names of options that would be second ones. The settings of a cluster are named after themselves (--installer-ttl). */
const OTHER_NAMES = {
  '--valid': '--ttl',
  '--expires': '--ttl',
  '--for': '--ttl',
  '--out': '--to',
  '--dest': '--to',
  '--lifetime': '--ttl',
  '--format': '-o',
  '--confirm': '--yes',
  '--quiet': '-o json',
  '--tail': '--lines',
}

/** The same option has other values, or another short form, only where the thing is another one. */
const OTHER_FORMS: Record<string, readonly string[]> = {
  '--base': ['--base <path>', '--base <url>'],
  // A role in the controller, in Kubernetes, of a node.
  '--role': ['--role <role@project>', '--role <role>'],
  '--from': ['--from <backup>', '--from <source>', '--from <url>'],
  '--to': ['--to <directory>', '--to <file>', '--to <path>', '--to <url>', '--to <version>'],
  '--file': ['-f, --file <file>', '--file <file>'],
}

test('an option has one form everywhere', () => {
  const forms = new Map<string, Set<string>>()
  for (const { options } of VERBS) {
    for (const { long, flags } of options) {
      if (long) forms.set(long, (forms.get(long) ?? new Set()).add(flags))
    }
  }
  const differing = [...forms].filter(([, all]) => all.size > 1).map(([long, all]) => [long, [...all].sort()])
  expect(Object.fromEntries(differing)).toEqual(
    Object.fromEntries(Object.entries(OTHER_FORMS).map(([long, all]) => [long, [...all].sort()])),
  )
})

test('a short option means one thing, or --file and --follow', () => {
  const meanings = new Map<string, Set<string>>()
  for (const { options } of VERBS) {
    for (const { short, long } of options) {
      if (short && long) meanings.set(short, (meanings.get(short) ?? new Set()).add(long))
    }
  }
  const several = [...meanings].filter(([, all]) => all.size > 1).map(([short, all]) => [short, [...all].sort()])
  expect(several).toEqual([['-f', ['--file', '--follow']]])
})

test('the exceptions exist', () => {
  const paths = new Set(VERBS.map(({ path }) => path))
  const named = [...Object.keys(WITHOUT_FORMAT), ...Object.keys(OTHER_FORMATS)]
  expect(named.filter((path) => !paths.has(path))).toEqual([])
})
