export type Program = 'agent' | 'controller'
export type Arch = 'x64' | 'arm64'
export type Script = Program | 'verbs'

export interface Target {
  readonly name: `${Program}-linux-${Arch}`
  readonly program: Program
  readonly arch: Arch
}

const target = (program: Program, arch: Arch): Target => ({ name: `${program}-linux-${arch}`, program, arch })

export const targets: readonly Target[] = [
  target('agent', 'x64'),
  target('controller', 'x64'),
  target('agent', 'arm64'),
  target('controller', 'arm64'),
]

/** The scripts in an executable: the main script, and the one that it loads on demand. */
export const scriptsOf: Record<Program, readonly [main: Script, late?: Script]> = {
  agent: ['agent', 'verbs'],
  controller: ['controller'],
}
