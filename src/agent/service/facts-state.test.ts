import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { pathsOf } from '../paths.ts'
import { factsState } from './facts-state.ts'

test('facts are collected again after a run, after a rotation, with other addresses, and the next day', () => {
  const root = mkdtempSync(join(tmpdir(), 'facts-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const paths = pathsOf(undefined, root)
  const write = (path: string) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'x')
  }
  const certificate = join(root, 'kubelet-server-current.pem')
  const seen: string[] = []
  const look = (now = '2026-03-01T23:59:00Z', addresses = 'eth0 10.0.0.1/24') => {
    const state = factsState(paths, [certificate], new Date(now), () => addresses)
    const isNews = state !== seen.at(-1)
    seen.push(state)
    return isNews
  }
  look()
  expect(look()).toBe(false)
  write(paths.instructionFile)
  expect(look()).toBe(true)
  rmSync(paths.instructionFile)
  expect(look(), 'a renewal ended, which is not kept').toBe(true)
  write(certificate)
  expect(look(), 'the kubelet renewed its certificate by itself').toBe(true)
  write(paths.nodeIdentity)
  expect(look()).toBe(true)
  expect(look('2026-03-02T00:01:00Z')).toBe(true)
  expect(look('2026-03-02T00:01:00Z', 'eth0 10.0.0.2/24')).toBe(true)
})
