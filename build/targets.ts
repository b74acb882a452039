export type Program = 'agent' | 'controller'
export type Arch = 'x64' | 'arm64'

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
