import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { AgentError } from '../base/agent-error.ts'
import { LAYOUTS, type Layout, READ_ONLY_USR, STANDARD } from '../base/layout.ts'
import { isReadOnly, mountOf, parseMountinfo } from '../host/parse/mountinfo.ts'
import { parseOsRelease } from '../host/parse/os-release.ts'
import { pathsOf } from './paths.ts'

/** What is true of a machine, as far as the choice of its layout depends on it. */
export interface MachineFacts {
  /** Whether a file exists. */
  exists(path: string): boolean
  /** The text of a file; empty if there is none. */
  read(path: string): string
  /** The path without symbolic links. */
  real(path: string): string
  /** The executable of this process. */
  ownPath: string
}

export interface LayoutOptions {
  instance?: string | undefined
  /** --os-hint: an `ID` of os-release(5), which replaces what the machine says. */
  osHint?: string | undefined
}

/**
 * The layout of an installation. Once the agent is installed or baked, it is where its executable is, which the ledger names as well:
 * a later command, an uninstallation and a machine that is made from an image use the same. Before, it is chosen by the operating system.
 * Throws `layout/other` if the hint contradicts what is installed.
 */
export function layoutOf({ instance, osHint }: LayoutOptions, facts: MachineFacts = LINUX): Layout {
  const { name, firstBootPathFile } = pathsOf(instance)
  const agent = `${name}-agent`
  const found =
    LAYOUTS.find(({ binaries }) => isAgentIn(binaries, facts.ownPath)) ??
    LAYOUTS.find(({ binaries }) => facts.exists(`${binaries}/${agent}`))
  if (found === undefined) return chosenFor(osHint, facts)
  if (osHint === undefined || ofSystem(osHint) === found) return found
  const { binaries } = ofSystem(osHint)
  const uninstall = `uninstall${facts.exists(firstBootPathFile) ? ' --baked' : ''}`
  throw new AgentError(
    'layout/other',
    `the agent is installed in ${found.binaries}; --os-hint ${osHint} wants ${binaries}`,
    { fix: `omit --os-hint; or remove the agent first: sudo ${found.binaries}/${agent} ${uninstall}`, kind: 'refused' },
  )
}

/** Also the name that an update uses. Other programs in the directory, such as a downloaded agent, say nothing. */
const AGENT = /^cantrip-([-a-z0-9]+-)?agent(\.new|\.former)?$/

function isAgentIn(directory: string, path: string): boolean {
  return path.startsWith(`${directory}/`) && AGENT.test(path.slice(directory.length + 1))
}

const ofSystem = (id: string): Layout => (id === 'flatcar' ? READ_ONLY_USR : STANDARD)

function chosenFor(osHint: string | undefined, facts: MachineFacts): Layout {
  if (osHint !== undefined) return ofSystem(osHint)
  const { ID = '' } = parseOsRelease(facts.read('/etc/os-release') || facts.read('/usr/lib/os-release'))
  if (ofSystem(ID) === READ_ONLY_USR) return READ_ONLY_USR
  // After an error of the disk, all of it can be read-only: then the other layout would be no better.
  const mounts = parseMountinfo(facts.read('/proc/self/mountinfo'))
  const cannotWrite = (path: string) => {
    const mount = mountOf(facts.real(path), mounts)
    return mount !== undefined && isReadOnly(mount)
  }
  return cannotWrite('/usr') && !cannotWrite('/opt') ? READ_ONLY_USR : STANDARD
}

const LINUX: MachineFacts = {
  exists: existsSync,
  read: (path) => orElse('', () => readFileSync(path, 'utf8')),
  real: (path) => orElse(path, () => realpathSync(path)),
  ownPath: process.execPath,
}

/** A file that is missing or cannot be read says nothing about the machine. */
function orElse<T>(otherwise: T, read: () => T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
