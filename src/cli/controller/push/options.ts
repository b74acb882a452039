import { InvalidArgumentError } from 'commander'
import type { PlainFormat } from '../../kit/output.ts'
import { FIXED } from './ssh/config.ts'

/** How a user who is not root becomes root. */
export const BECOME = ['sudo', 'none'] as const
export type Become = (typeof BECOME)[number]

export interface PushFlags {
  admin?: string
  inventory: string
  limit?: string
  sshUser?: string
  sshKey?: string
  sshOption?: string[]
  jump?: string
  acceptNewHostKeys?: boolean
  become: Become
  becomePasswordFile?: string
  atOnce: number
  /** Seconds. */
  timeout: number
  proxy?: string
  tlsTerminatingProxy?: boolean
  prepareOnly?: boolean
  provision?: boolean
  dryRun?: boolean
  output: PlainFormat
}

/** Not in names of users: ssh puts them into commands of the person's ssh_config (`%r`), which a shell reads. */
const SHELL = String.raw`\x60$();|'"\\&<>{}`
const USER = String.raw`[^\s\p{Cc}@:,/${SHELL}-][^\s\p{Cc}@:,/${SHELL}]{0,254}`
const HOST = String.raw`(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])`
const JUMP = new RegExp(`^(?:${USER}@)?${HOST}(?::[0-9]{1,5})?$`, 'u')

/** A name that ssh cannot take for an option. */
export function userOf(text: string): string {
  if (new RegExp(`^${USER}$`, 'u').test(text)) return text
  throw new InvalidArgumentError('It must be the name of a user, without syntax of a shell.')
}

export function jumpOf(text: string): string {
  if (text.split(',').every((each) => JUMP.test(each))) return text
  throw new InvalidArgumentError('It must be [USER@]HOST[:PORT], or several, separated by commas.')
}

export function sshKeyOf(text: string): string {
  if (/^[^\p{Cc}"-][^\p{Cc}"]{0,4095}$/u.test(text)) return text
  throw new InvalidArgumentError('It must be the path of a private key, without quotes in it.')
}

/** Lines that would end the section for all hosts. */
const SECTIONS = ['host', 'match']

export function sshOptionOf(text: string, earlier: string[] = []): string[] {
  const [, name = ''] = /^([A-Za-z]{2,40})(?:=|\s+)[^\s\p{Cc}][^\p{Cc}]{0,1000}$/u.exec(text) ?? []
  if (SECTIONS.includes(name.toLowerCase()))
    throw new InvalidArgumentError(
      'Host and Match are not taken: an option is for all hosts; sections belong into your ssh_config.',
    )
  if (name === '') throw new InvalidArgumentError('It must be NAME=VALUE as in ssh_config(5).')
  if (FIXED.includes(name.toLowerCase())) throw new InvalidArgumentError(`push sets ${name} itself.`)
  return [...earlier, text]
}
