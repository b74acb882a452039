/** Finds the commands that the product prints for users in the source code, so that none can be forgotten. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAst } from 'rolldown/parseAst'

const SRC = resolve(import.meta.dirname, '../../../src')

/** Programs that fixes call. Add a program here when a fix prints it for the first time. */
const PROGRAMS = [
  ...[
    'apt-get',
    'apt-mark',
    'awk',
    'cat',
    'chmod',
    'chown',
    'chronyc',
    'cp',
    'ctr',
    'curl',
    'df',
    'dmesg',
    'dnf',
    'docker',
    'du',
  ],
  ...[
    'echo',
    'etcdctl',
    'fapolicyd-cli',
    'file',
    'find',
    'findmnt',
    'firewall-cmd',
    'fuser',
    'getent',
    'grep',
    'grubby',
    'head',
  ],
  ...[
    'hostnamectl',
    'ip',
    'ip6tables',
    'iptables',
    'journalctl',
    'kubectl',
    'ln',
    'ls',
    'lsattr',
    'lsof',
    'mkdir',
    'modprobe',
  ],
  ...[
    'mount',
    'mv',
    'nft',
    'nmcli',
    'ping',
    'pkill',
    'printf',
    'reboot',
    'rm',
    'rmdir',
    'sed',
    'snap',
    'sort',
    'ss',
    'stat',
  ],
  ...['swapoff', 'sysctl', 'systemctl', 'systemd-machine-id-setup', 'tail', 'timedatectl', 'touch', 'ufw', 'umount'],
  ...['update-grub', 'xargs', 'yum', 'zypper'],
]

export interface Found {
  /** `src/…:line` */
  at: string
  file: string
  /** Substitutions are written `{}`. */
  text: string
  isTagged: boolean
  hasSubstitutions: boolean
}

const START = String.raw`(?:^|[;:(|&] ?|\bthen )(?:sudo )?(?:${PROGRAMS.join('|')}) `
const PROGRAM = new RegExp(String.raw`${START}[-\w'"/$.!+{]`)
/** A substitution among the words of the command, not in the prose around it. */
const WITH_SUBSTITUTION = new RegExp(String.raw`${START}[^;,:()]*\{\}`)

/** Whole scripts, in which their own variables are quoted. Tests let shellcheck read them. */
const SCRIPTS = ['cli/controller/clusters/join/join-body.ts', 'cli/controller/push/host-script.ts']

/** Every string in src/ that is a command or contains one. */
export function commandsInCode(): Found[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((name) => name.endsWith('.ts') && !/\.(test|generated)\.ts$/.test(name))
  return sources.filter((name) => !SCRIPTS.includes(name)).flatMap(commandsIn)
}

interface Node {
  type: string
  start: number
  value?: unknown
  tag?: Node & { name?: string }
  quasi?: Node
  quasis?: { value: { raw: string } }[]
}

function commandsIn(name: string): Found[] {
  const code = readFileSync(join(SRC, name), 'utf8')
  const found: Found[] = []
  const add = (node: Node, text: string, isTagged: boolean) => {
    const hasSubstitutions = isTagged ? text.includes('{}') : WITH_SUBSTITUTION.test(text)
    if (!isTagged && !PROGRAM.test(text)) return
    const line = code.slice(0, node.start).split('\n').length
    found.push({ at: `src/${name}:${line}`, file: `src/${name}`, text, isTagged, hasSubstitutions })
  }
  const visit = (node: Node, isTagged = false): void => {
    if (node.type === 'Literal' && typeof node.value === 'string') add(node, node.value, false)
    if (node.type === 'TemplateLiteral')
      add(node, (node.quasis ?? []).map(({ value }) => value.raw).join('{}'), isTagged)
    const isCommand =
      node.type === 'TaggedTemplateExpression' && ['command', 'commandLine'].includes(node.tag?.name ?? '')
    for (const child of childrenOf(node)) visit(child, isCommand && child === node.quasi)
  }
  visit(parseAst(code, { lang: 'ts' }) as unknown as Node)
  return found
}

function childrenOf(node: Node): Node[] {
  const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}
