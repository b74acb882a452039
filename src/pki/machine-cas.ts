import { getCACertificates } from 'node:tls'

/** The CAs, in PEM, that programs on this machine trust: those of the operating system, and those that Node has. */
export function machineCas(): string[] {
  return [...getCACertificates('default'), ...getCACertificates('system')]
}
