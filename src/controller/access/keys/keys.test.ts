import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAuthority } from '../authority.ts'
import { openKeyStore } from './key-store.ts'
import { rewriteKeys } from './seal-files.ts'
import { openSealer } from './seal-key.ts'

const now = new Date('2030-01-01T00:00:00Z')
const sealer = openSealer(Buffer.from('0123456789abcdef0123'), 'key-file')
const other = openSealer(Buffer.from('another key of a kind'), 'other-file')

let directory: string
const at = (name: string) => join(directory, name)
const read = (name: string) => readFileSync(at(name), 'utf8')
const all = () => Object.fromEntries(readdirSync(directory).map((name) => [name, read(name)]))
const open = (isInUse = true) => openKeyStore(directory, now, isInUse)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keys-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('sealing', () => {
  it('opens what it sealed, and nothing that was changed, renamed, or sealed with another key', () => {
    const sealed = sealer.seal('ca.key', 'a secret')
    expect(sealed).not.toContain(Buffer.from('a secret').toString('base64').slice(0, 8))
    expect(sealer.unseal('ca.key', sealed)).toBe('a secret')
    const broken = [
      () => other.unseal('ca.key', sealed),
      () => sealer.unseal('instruction.key', sealed),
      () => sealer.unseal('ca.key', sealed.replace(/^(.{10})(.)/m, '$1!')),
      ...[0, 5, 20, 35, 50].map((place) => () => sealer.unseal('ca.key', flipped(sealed, place))),
    ]
    for (const work of broken)
      expect(work).toThrow(expect.objectContaining({ code: 'authority/wrong-key-file', kind: 'invalid' }))
    expect(sealer.seal('ca.key', 'a secret')).not.toBe(sealed)
  })

  it('refuses a short key file', () => {
    expect(() => openSealer(Buffer.from('short'), '/k')).toThrow(/\/k has 5 bytes; wanted at least 16/)
  })

  it('the first start with a key file writes no key in clear, also in a rotation', () => {
    const keys = openKeyStore(directory, now, false, sealer)
    keys.begin(now)
    for (const name of ['ca.key', 'instruction.key', 'next/ca.key', 'next/instruction.key'])
      expect(read(name)).toMatch(/^-----BEGIN CANTRIP SEALED KEY-----/)
    expect(statSync(at('ca.key')).mode & 0o777).toBe(0o600)
    keys.finish()
    expect(openKeyStore(directory, now, true, sealer).present.instructionKey).toBe(keys.present.instructionKey)
  })

  it.each<[string, string, () => unknown]>([
    ['a wrong key file', 'authority/wrong-key-file', () => openKeyStore(directory, now, true, other)],
    ['no key file', 'authority/sealed', () => openKeyStore(directory, now, true)],
    ['a verb with a wrong key file', 'authority/wrong-key-file', () => rewriteKeys(directory, other, 'clear')],
  ])('%s is an error, and changes nothing', (_, code, work) => {
    openKeyStore(directory, now, false, sealer)
    const before = all()
    expect(work).toThrow(expect.objectContaining({ code }))
    expect(all()).toEqual(before)
  })

  it('a key file for keys in clear is an error', () => {
    open(false)
    const start = () => openKeyStore(directory, now, true, sealer)
    expect(start).toThrow(expect.objectContaining({ code: 'authority/not-sealed' }))
  })

  it('seals keys in clear and writes them in clear again, also after a crash half way, and in a rotation', () => {
    const keys = open(false)
    keys.begin(now)
    const clear = read('ca.key')
    writeFileSync(at('ca.key'), sealer.seal('ca.key', clear))
    expect(rewriteKeys(directory, sealer, 'sealed')).toEqual(
      ['instruction.key', 'next/ca.key', 'next/instruction.key'].map(at),
    )
    expect(openKeyStore(directory, now, true, sealer).next?.fingerprint).toBe(keys.next?.fingerprint)
    expect(rewriteKeys(directory, sealer, 'clear')).toHaveLength(4)
    expect(read('ca.key')).toBe(clear)
    expect(open().present.fingerprint).toBe(keys.present.fingerprint)
  })

  it('the verb needs a directory with keys', () => {
    expect(() => rewriteKeys(directory, sealer, 'sealed')).toThrow(/has no keys of a controller/)
  })
})

describe('rotation', () => {
  it('survives a restart in each phase', () => {
    const first = open(false)
    expect(first.next).toBeUndefined()
    first.begin(now)
    const begun = open()
    expect(begun.present.fingerprint).toBe(first.present.fingerprint)
    expect(begun.next).toMatchObject({ number: 2, fingerprint: first.next?.fingerprint })
    const { fingerprint } = begun.next ?? {}
    begun.finish()
    expect(open()).toMatchObject({ present: { number: 2, fingerprint }, next: undefined })
    expect(readdirSync(directory).sort()).toEqual(['ca.crt', 'ca.key', 'instruction.key'])
  })

  it('a crash while the new keys are written leaves the old ones only', () => {
    const { fingerprint } = open(false).present
    mkdirSync(at('unfinished'))
    writeFileSync(at('unfinished/ca.key'), 'half a k')
    expect(open()).toMatchObject({ present: { fingerprint }, next: undefined })
    expect(readdirSync(directory)).not.toContain('unfinished')
  })

  it.each([0, 1, 2, 3])('a crash at the end, with %i files in place, is completed', (files) => {
    const keys = open(false)
    keys.begin(now)
    const { fingerprint } = keys.next ?? {}
    renameSync(at('next'), at('final'))
    for (const name of ['ca.key', 'instruction.key', 'ca.crt'].slice(0, files))
      writeFileSync(at(name), read(`final/${name}`))
    expect(open()).toMatchObject({ present: { number: 2, fingerprint }, next: undefined })
    expect(readdirSync(directory)).not.toContain('final')
  })

  it('the authority serves and signs with the old keys until the end, and lists both', () => {
    const authority = openAuthority(directory, now, false)
    const { ca, instructionKey, issuers } = authority
    expect(authority.trustList).toBeUndefined()
    authority.beginRotation(now)
    expect(authority.instructionKey).toBe(instructionKey)
    expect(authority.ca.startsWith(ca)).toBe(true)
    expect(authority.issuers).toEqual([...issuers, expect.any(String)])
    const told = authority.trustList
    expect(told).toMatchObject({ generation: 3, instructionKeys: [instructionKey, authority.nextInstructionKey] })
    authority.finishRotation()
    expect(authority.ca).toBe(told?.authorities[1])
    expect(authority.instructionKey).toBe(told?.instructionKeys[1])
    expect(openAuthority(directory, now, true).trustList).toEqual({
      generation: 4,
      authorities: told?.authorities.slice(1),
      instructionKeys: told?.instructionKeys.slice(1),
    })
  })
})

function flipped(pem: string, place: number): string {
  const lines = pem.split('\n')
  const bytes = Buffer.from(lines.slice(1, -2).join(''), 'base64')
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place)
  return [lines[0], bytes.toString('base64'), ...lines.slice(-2)].join('\n')
}
